import {
  NoRespondersError,
  RequestError,
  TimeoutError,
  type NatsConnection,
} from '@nats-io/nats-core'
import { z } from 'zod'
import { messageOf, MusterError, RejectedError, TransientError } from '#shared/errors.ts'
import type { Logger } from '../log/logger.ts'
import { askServers, countServers } from './ask-servers.ts'
import { KeptConnection, type ConnectionTarget, type KeptState } from './kept-connection.ts'
import { orAborted } from '../steps/or-aborted.ts'

const REQUEST_TIMEOUT_MS = 2_000
/** How long a request waits for a connection that is on its way back. */
const RECONNECT_TIMEOUT_MS = 5_000

/** The same where the server refuses Muster: only fresh credentials would help, and those come at once. */
const REFUSED_TIMEOUT_MS = 1_000

/** How many connections one answer of the server names; each comes with its JWT. */
const CONNECTIONS_PER_PAGE = 256

/** nats-server's default, which counts until a server told its own. */
const DEFAULT_MAX_PAYLOAD_BYTES = 1_048_576

const ClaimsAnswer = z.union([
  z.object({ data: z.object({ code: z.literal(200) }) }),
  z.object({ error: z.object({ description: z.string().default('') }) }),
])
const ListAnswer = z.object({ data: z.array(z.string()).nullish() })
const ConnectionsAnswer = z.object({
  data: z.object({
    total: z.int(),
    connections: z.array(z.object({ authorized_user: z.string().default('') })).nullish(),
  }),
})
const ConnectEvent = z.object({ client: z.object({ user: z.string() }) })

/**
 * Muster's connection as the system account's user, and what nats-server answers there. It is built
 * before the authority, which publishes through it, and connected after, since the authority issues
 * its user.
 */
export class SystemLink {
  readonly #kept: KeptConnection

  constructor(options: { readonly log: Logger }) {
    this.#kept = new KeptConnection(options.log.part('mesh'))
  }

  get state(): KeptState {
    return this.#kept.state
  }

  subscribe(listener: () => void): () => void {
    return this.#kept.subscribe(listener)
  }

  current(): NatsConnection | undefined {
    return this.#kept.current()
  }

  /** Connects to a server as its system account's user; undefined to disconnect. */
  use(target: ConnectionTarget | undefined): Promise<void> {
    return this.#kept.use(target)
  }

  /** Once it stands; `patient` waits also where there is no mesh to connect to yet. */
  connected(signal: AbortSignal, patient = false): Promise<NatsConnection> {
    return this.#kept.connected(signal, patient)
  }

  /** Connects anew with fresh credentials. @throws as `connected` */
  renew(signal: AbortSignal): Promise<void> {
    return this.#kept.renew(signal)
  }

  /** Tries to connect at once where it waits for the next try. */
  hurry(): void {
    this.#kept.hurry()
  }

  close(): Promise<void> {
    return this.#kept.close()
  }

  /** Largest message that the server takes, in bytes. */
  maxPayloadBytes(): number {
    return this.#kept.current()?.info?.max_payload ?? DEFAULT_MAX_PAYLOAD_BYTES
  }

  /** Sends an account JWT to the resolver. @throws RejectedError `CLAIMS_REFUSED`. */
  async updateClaims(jwt: string, signal: AbortSignal): Promise<void> {
    requireTaken(await this.request('$SYS.REQ.CLAIMS.UPDATE', jwt, signal))
  }

  /** Removes accounts by a claim that the operator signed. @throws RejectedError `CLAIMS_REFUSED`. */
  async deleteClaims(jwt: string, signal: AbortSignal): Promise<void> {
    requireTaken(await this.request('$SYS.REQ.CLAIMS.DELETE', jwt, signal))
  }

  /** The JWT that the resolver holds; undefined where it has none. */
  async lookUpClaims(account: string, signal: AbortSignal): Promise<string | undefined> {
    const subject = `$SYS.REQ.ACCOUNT.${account}.CLAIMS.LOOKUP`
    try {
      const jwt = await this.request(subject, '', signal)
      return jwt === '' ? undefined : jwt
    } catch (error) {
      // nats-server 2.9 does not answer for an account that it does not know.
      if (error instanceof TransientError && error.code === 'MESH_NO_ANSWER') return undefined
      throw error
    }
  }

  /** Public keys of all accounts that the resolver holds. */
  async listClaims(signal: AbortSignal): Promise<readonly string[]> {
    return parse(ListAnswer, await this.request('$SYS.REQ.CLAIMS.LIST', '', signal)).data ?? []
  }

  /**
   * Whether a client that authenticated with this user key is connected. nats-server 2.9 filters by
   * nothing that helps, so all connections of the account are looked through, on each server the newest first
   * of the longest list.
   */
  async isUserConnected(account: string, user: string, signal: AbortSignal): Promise<boolean> {
    let { total } = await this.#connections(account, 0, 1, signal)
    while (total > 0) {
      const offset = Math.max(0, total - CONNECTIONS_PER_PAGE)
      const page = await this.#connections(account, offset, total - offset, signal)
      if (page.users.includes(user)) return true
      total = offset
    }
    return false
  }

  /**
   * Calls `listener` for every user that connects to the account from now on.
   * @returns what ends it. The server may be asked for the rest once this has resolved.
   */
  async onUserConnect(
    account: string,
    listener: (user: string) => void,
    signal: AbortSignal,
  ): Promise<() => void> {
    const nats = await this.#ready(signal)
    const subscription = nats.subscribe(`$SYS.ACCOUNT.${account}.CONNECT`, {
      callback: (error, message) => {
        if (error !== null) return
        const event = ConnectEvent.safeParse(jsonOf(message.string()))
        if (event.success) listener(event.data.client.user)
      },
    })
    const stop = () => subscription.unsubscribe()
    try {
      await orAborted(
        nats.flush().catch(() => undefined),
        signal,
      )
    } catch (error) {
      stop()
      throw error
    }
    return stop
  }

  async #connections(
    account: string,
    offset: number,
    limit: number,
    signal: AbortSignal,
  ): Promise<{ readonly total: number; readonly users: readonly string[] }> {
    const nats = await this.#ready(signal)
    const timeoutMs = REQUEST_TIMEOUT_MS
    const servers = await countServers(nats, timeoutMs, signal)
    const query = JSON.stringify({ auth: true, sort: 'cid', offset, limit })
    const subject = `$SYS.REQ.ACCOUNT.${account}.CONNZ`
    const answers = await askServers(nats, subject, query, { servers, timeoutMs, signal })
    const pages = answers.map((answer) => parse(ConnectionsAnswer, answer).data)
    return {
      total: Math.max(...pages.map(({ total }) => total)),
      users: pages.flatMap(({ connections }) =>
        (connections ?? []).map((one) => one.authorized_user),
      ),
    }
  }

  /**
   * Asks one server on its system account. @throws TransientError `MESH_NO_ANSWER`,
   * `MESH_REQUEST_FAILED`, and what keeps it from being connected.
   */
  async request(subject: string, payload: string, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted()
    const nats = await this.#ready(signal)
    try {
      const answer = await nats.request(subject, payload, { timeout: REQUEST_TIMEOUT_MS })
      return answer.string()
    } catch (error) {
      signal.throwIfAborted()
      throw noAnswer(error)
    }
  }

  /**
   * Asks all servers of a cluster; ends once `enough` says so of the answers, or after
   * `timeoutMs`.
   * Nobody answering is no error: then there are none.
   */
  async gather(
    subject: string,
    payload: string,
    enough: (answers: readonly string[]) => boolean,
    signal: AbortSignal,
    timeoutMs = REQUEST_TIMEOUT_MS,
  ): Promise<readonly string[]> {
    signal.throwIfAborted()
    const nats = await this.#ready(signal)
    const answers: string[] = []
    const collect = async () => {
      // Over the shared inbox: one of its own is drained at the end, which a server that hangs never answers.
      const options = { strategy: 'timer', maxWait: timeoutMs } as const
      for await (const message of await nats.requestMany(subject, payload, options)) {
        answers.push(message.string())
        if (enough(answers)) break
      }
    }
    const over = new AbortController()
    // What was asked of a server that is gone is not answered any more.
    const unsubscribe = this.subscribe(() => {
      if (this.state.phase !== 'connected') over.abort()
    })
    const work = collect()
    try {
      await orAborted(work, AbortSignal.any([signal, over.signal]))
    } catch (error) {
      work.catch(() => undefined)
      signal.throwIfAborted()
      if (!over.signal.aborted && !isUnheard(error)) throw noAnswer(error)
    } finally {
      unsubscribe()
    }
    return answers
  }

  async #ready(signal: AbortSignal): Promise<NatsConnection> {
    const refused = this.state.problem?.code === 'MESH_AUTH_REFUSED'
    const timeoutMs = refused ? REFUSED_TIMEOUT_MS : RECONNECT_TIMEOUT_MS
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    try {
      return await this.connected(deadline)
    } catch (error) {
      throw error instanceof MusterError ? serverNotOurs(error) : error
    }
  }
}

/**
 * A refused login as what it means on the system account, whose user Muster issues itself: the
 * server does not trust this operator (any more). Other errors unchanged.
 */
export function serverNotOurs(error: MusterError): MusterError {
  if (error.code !== 'MESH_AUTH_REFUSED') return error
  const where = String(error.details['servers'] ?? 'this address')
  return new RejectedError({
    code: 'SERVER_OPERATOR_OTHER',
    message: `The NATS server at ${where} refuses Muster on its system account: it runs with another operator, with another system account, or without any.`,
    advice:
      'Put the server configuration of this mesh on the server (Settings, Mesh) and restart it. If it is the server of somebody else, correct the address.',
    details: error.details,
    cause: error,
  })
}

function requireTaken(answer: string): void {
  const parsed = parse(ClaimsAnswer, answer)
  if ('data' in parsed) return
  throw new RejectedError({
    code: 'CLAIMS_REFUSED',
    message: `The NATS server refused the change of an account: ${parsed.error.description.slice(0, 200)}.`,
    advice:
      'Nothing was changed. Look at nats-server.log (Settings, Open log folder) for the reason.',
  })
}

function parse<T>(schema: z.ZodType<T>, answer: string): T {
  const parsed = schema.safeParse(jsonOf(answer))
  if (parsed.success) return parsed.data
  throw new RejectedError({
    code: 'MESH_ANSWER_UNKNOWN',
    message:
      'The NATS server gave an answer on its system account that Muster does not understand.',
    advice: 'Check the version of nats-server: 2.9 and newer are known to work.',
  })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The server that is asked does not offer this, or said nothing in time. */
function isUnheard(error: unknown): boolean {
  return (
    error instanceof TimeoutError ||
    error instanceof NoRespondersError ||
    (error instanceof RequestError && error.isNoResponders())
  )
}

function noAnswer(error: unknown): TransientError {
  return new TransientError({
    code: isUnheard(error) ? 'MESH_NO_ANSWER' : 'MESH_REQUEST_FAILED',
    message: `The NATS server did not answer on its system account: ${messageOf(error)}.`,
    advice: 'Try again once the mesh is connected.',
    cause: error,
  })
}
