import type { NatsConnection } from '@nats-io/nats-core'
import { NatsConnectionImpl } from '@nats-io/nats-core/internal'
import { explainConnectionError } from './connection-error.ts'
import {
  demandsTls,
  isWebSocket,
  serverUrl,
  useMeshTransport,
  type ClientCertificate,
  type MeshTransportOptions,
} from './transport.ts'
import { answerChallenge, type UserCredentials } from './user-credentials.ts'
import { orAborted } from '../steps/or-aborted.ts'
import { Backoff } from './waiting.ts'

const CONNECT_TIMEOUT_MS = 5_000

/** Reconnecting: quick at first, since most gaps are short, then kinder to a server in trouble. */
const RECONNECT_WAIT_MS = 100
const RECONNECT_JITTER_MS = 50
const QUICK_ATTEMPTS = 50
const SLOW_RECONNECT_WAIT_MS = 1_000

/** After a refusal the same server hardly accepts at once. */
const REFUSED_FIRST_WAIT_MS = 500
const REFUSED_LAST_WAIT_MS = 30_000

/** A connection without an answer to two pings is cut and made anew. */
const PING_INTERVAL_MS = 10_000
const MAX_PINGS_OUT = 2

export interface DialTarget {
  /** Shown by the server's monitoring. */
  readonly name: string
  /** `nats:// tls:// ws:// wss://`, tried in turn. */
  readonly servers: readonly string[]
  /** Certificate authority as PEM; the system's where undefined. Given, TLS is demanded. */
  readonly caPem?: string
  /** For servers that ask clients for a certificate. */
  readonly clientCertificate?: ClientCertificate
  /** Dials once: neither a first refusal nor a loss is tried again. */
  readonly once?: boolean
}

/** What changes while a connection lives and its next dial depends on. */
export class Dialing {
  readonly #refusals = new Backoff(REFUSED_FIRST_WAIT_MS, REFUSED_LAST_WAIT_MS)
  #attempts = 0
  #waitMs = RECONNECT_WAIT_MS
  credentials: UserCredentials

  constructor(credentials: UserCredentials) {
    this.credentials = credentials
  }

  /** Milliseconds from one dial to the next. */
  waitMs(): number {
    return this.#waitMs
  }

  dialed(): void {
    this.#attempts += 1
    const waitMs = this.#attempts > QUICK_ATTEMPTS ? SLOW_RECONNECT_WAIT_MS : RECONNECT_WAIT_MS
    this.#waitMs = waitMs + Math.random() * RECONNECT_JITTER_MS
  }

  refused(): void {
    this.#waitMs = this.#refusals.nextMs()
  }

  connected(): void {
    this.#attempts = 0
    this.#waitMs = RECONNECT_WAIT_MS
    this.#refusals.reset()
  }
}

/**
 * Connects once; from then on the client reconnects forever, each time with the credentials that
 * `dialing` holds by then.
 * @throws MusterError as `explainConnectionError` tells; the abort reason when the signal fires.
 */
export async function dial(
  target: DialTarget,
  dialing: Dialing,
  signal: AbortSignal,
): Promise<NatsConnection> {
  signal.throwIfAborted()
  useMeshTransport()
  const opening = NatsConnectionImpl.connect(clientOptions(target, dialing))
  try {
    const nats = await orAborted(opening, signal)
    dialing.connected()
    return nats
  } catch (error) {
    // The client has no way to stop a first connect: what it opens after all is closed at once.
    opening.then((late) => late.close()).catch(() => undefined)
    signal.throwIfAborted()
    throw explainConnectionError(error, target.servers)
  }
}

function clientOptions(target: DialTarget, dialing: Dialing): MeshTransportOptions {
  const { name, servers, caPem } = target
  const clientCertificate = target.clientCertificate ?? dialing.credentials.clientCertificate
  const overWebSocket = servers.some(isWebSocket)
  return {
    name,
    servers: servers.map(serverUrl),
    ...(caPem === undefined ? {} : { caPem }),
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
    demandTls: servers.some(demandsTls) || (caPem !== undefined && !overWebSocket),
    authenticator: (nonce) => answerChallenge(dialing.credentials, nonce),
    inboxPrefix: dialing.credentials.inboxPrefix,
    timeout: CONNECT_TIMEOUT_MS,
    pingInterval: PING_INTERVAL_MS,
    maxPingOut: MAX_PINGS_OUT,
    maxReconnectAttempts: target.once === true ? 0 : -1,
    reconnect: target.once !== true,
    // Credentials are renewed, so that a refusal need not be the last word.
    ignoreAuthErrorAbort: true,
    // A cluster tells its members' TCP addresses, which are no use to a WebSocket client.
    ignoreClusterUpdates: overWebSocket,
    // Node resolves names when it dials, both address families at once.
    resolve: false,
    reconnectDelayHandler: () => dialing.waitMs(),
    reconnectToServer: () => {
      dialing.dialed()
      useMeshTransport()
      return null
    },
  }
}
