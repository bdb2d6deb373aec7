import { Etcd3, type IOptions } from 'etcd3'
import type { EtcdConfig } from '../sidecar-messages.ts'
import { etcdError } from './etcd-errors.ts'

/** No call waits longer; etcd's own limit for a request is 5 s and its election timeout. */
const CALL_TIMEOUT_MS = 5000
/** Beyond what a page or a piece of a watch comes to; gRPC's own limit is 4 MiB. */
const MAX_RECEIVED_BYTES = 64 * 1024 * 1024
/** etcd takes it for an attack where a client pings more often than every 5 s. */
const PING_EVERY_MS = 10_000
const PING_TIMEOUT_MS = 3000

type Policy = NonNullable<NonNullable<IOptions['faultHandling']>['global']>

/**
 * etcd3 tries a failed call again, elsewhere, and stops calling a host for 5 s after three
 * failures. A transaction that is tried again after its answer was lost finds its own guards broken,
 * so whoever calls decides; and after a restart of etcd the first call has to go through.
 */
const AS_IT_COMES = {
  execute: async (work: (context: { signal: AbortSignal }) => unknown) =>
    work({ signal: NEVER_ABORTED }),
} as unknown as Policy // Of cockatiel's interface etcd3 calls nothing else.
const NEVER_ABORTED = new AbortController().signal

/** The endpoints of an etcd cluster, of which one is used until it fails. */
export class EtcdEndpoints {
  readonly #clients: readonly { readonly endpoint: string; readonly client: Etcd3 }[]
  /** What ends each open stream, and at which endpoint it is. */
  readonly #streams = new Map<() => void, number>()
  #current: number

  constructor(config: EtcdConfig) {
    this.#clients = config.endpoints.map((endpoint) => ({
      endpoint,
      client: new Etcd3(optionsFor(endpoint, config)),
    }))
    // Registries that start together spread over the members.
    this.#current = Math.floor(Math.random() * this.#clients.length)
  }

  /** Makes a call at the present endpoint, and turns to the next where it does not answer. */
  async call<T>(work: (client: Etcd3) => Promise<T>): Promise<T> {
    const at = this.#current
    try {
      return await work(this.#at(at).client)
    } catch (thrown) {
      const error = etcdError(thrown)
      if (error.code === 'ETCD_UNREACHABLE' && this.#current === at) this.turnToNext()
      throw error
    }
  }

  /**
   * Opens a stream at the present endpoint. When calls turn to another, `moved` is called: a member
   * that lost its cluster goes on holding streams open and says nothing.
   * @param open gets what it has to call when the stream is over
   */
  async stream<T>(
    open: (client: Etcd3, over: () => void) => Promise<T>,
    moved: () => void,
  ): Promise<T> {
    const at = this.#current
    this.#streams.set(moved, at)
    try {
      return await this.call((client) => open(client, () => void this.#streams.delete(moved)))
    } catch (error) {
      this.#streams.delete(moved)
      throw error
    }
  }

  /** Makes the same call at each endpoint. */
  async each<T>(
    work: (client: Etcd3) => Promise<T>,
  ): Promise<{ endpoint: string; value: T | undefined }[]> {
    return Promise.all(
      this.#clients.map(async ({ endpoint, client }) => ({
        endpoint,
        value: await work(client).catch(() => undefined),
      })),
    )
  }

  turnToNext(): void {
    this.#current = (this.#current + 1) % this.#clients.length
    for (const [moved, at] of this.#streams) {
      if (at === this.#current) continue
      this.#streams.delete(moved)
      moved()
    }
  }

  close(): void {
    for (const { client } of this.#clients) client.close()
  }

  #at(index: number) {
    const found = this.#clients[index]
    if (found === undefined) throw etcdError(new Error('there is no endpoint'))
    return found
  }
}

function optionsFor(endpoint: string, config: EtcdConfig): IOptions {
  const { caPem, clientCertificate, user } = config
  const credentials = {
    ...(caPem === null ? {} : { rootCertificate: Buffer.from(caPem) }),
    ...(clientCertificate === null
      ? {}
      : {
          certChain: Buffer.from(clientCertificate.certificatePem),
          privateKey: Buffer.from(clientCertificate.keyPem),
        }),
  }
  return {
    hosts: endpoint,
    ...(endpoint.startsWith('https:') && (caPem !== null || clientCertificate !== null)
      ? // Without an authority of its own gRPC takes those of the system.
        { credentials: credentials as NonNullable<IOptions['credentials']> }
      : {}),
    ...(user === null ? {} : { auth: { username: user.name, password: user.password } }),
    defaultCallOptions: ({ isStream }) =>
      isStream ? {} : { deadline: Date.now() + CALL_TIMEOUT_MS },
    faultHandling: { global: AS_IT_COMES, host: () => AS_IT_COMES },
    grpcOptions: {
      'grpc.max_receive_message_length': MAX_RECEIVED_BYTES,
      'grpc.max_send_message_length': MAX_RECEIVED_BYTES,
      'grpc.keepalive_time_ms': PING_EVERY_MS,
      'grpc.keepalive_timeout_ms': PING_TIMEOUT_MS,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1000,
      // Otherwise a new client waits out the backoff of the one before.
      'grpc.use_local_subchannel_pool': 1,
    },
  }
}
