import { z } from 'zod'
import type { AccountUsage } from '#shared/contract/tenants.ts'
import { messageOf } from '#shared/errors.ts'
import type { Logger } from '../log/logger.ts'

/** A request to the system account, answered by one server. */
export interface SystemRequests {
  request(subject: string, payload: string, signal: AbortSignal): Promise<string>
}

const Info = z.object({
  data: z.object({
    client_connections: z.int().default(0),
    subscriptions: z.int().default(0),
    imports: z
      .array(
        z.object({
          account: z.string().default(''),
          subject: z.string().default(''),
          /** Of a service: the subject in the exporting account; `subject` is then the local one. */
          to: z.string().optional(),
          type: z.string().default(''),
          invalid: z.boolean().default(false),
        }),
      )
      .nullish(),
    mappings: z.record(z.string(), z.unknown()).nullish(),
  }),
})
const Storage = z.object({
  data: z.object({
    memory: z.number().default(0),
    storage: z.number().default(0),
    stream_detail: z
      .array(z.object({ state: z.object({ consumer_count: z.int().default(0) }) }))
      .nullish(),
  }),
})

/** An account as a server has it in effect, which is not always what its JWT says. */
export interface AccountInEffect {
  readonly connections: number
  readonly subscriptions: number
  /** Imports that it carries out, as `type account subject`. */
  readonly imports: ReadonlySet<string>
  readonly mappings: ReadonlySet<string>
}

/** Asks the servers about accounts. */
export class AccountInspector {
  readonly #requests: SystemRequests
  readonly #log: Logger

  constructor(requests: SystemRequests, log: Logger) {
    this.#requests = requests
    this.#log = log
  }

  /**
   * Undefined where the server does not have the account in memory: nobody has connected to it since the
   * server started. @throws TransientError where no server answers.
   */
  async inEffect(account: string, signal: AbortSignal): Promise<AccountInEffect | undefined> {
    const answer = await this.#requests.request(`$SYS.REQ.ACCOUNT.${account}.INFO`, '', signal)
    const info = Info.safeParse(jsonOf(answer))
    if (!info.success) return undefined
    const { client_connections: connections, subscriptions, imports, mappings } = info.data.data
    return {
      connections,
      subscriptions,
      imports: new Set(
        imports
          ?.filter(({ invalid }) => !invalid)
          .map(({ type, account: from, subject, to }) => `${type} ${from} ${to ?? subject}`),
      ),
      mappings: new Set(Object.keys(mappings ?? {})),
    }
  }

  /** What an account uses now; null where the servers can't be asked. */
  async usage(account: string, signal: AbortSignal): Promise<AccountUsage | null> {
    try {
      const [effect, storage] = await Promise.all([
        this.inEffect(account, signal),
        this.#storage(account, signal),
      ])
      const { connections, subscriptions } = effect ?? { connections: 0, subscriptions: 0 }
      return { connections, subscriptions, jetStream: storage }
    } catch (error) {
      this.#log.debug('the use of an account could not be read', { reason: messageOf(error) })
      return null
    }
  }

  /** Null where JetStream is off, in the account or at all. */
  async #storage(account: string, signal: AbortSignal): Promise<AccountUsage['jetStream']> {
    const subject = `$SYS.REQ.ACCOUNT.${account}.JSZ`
    // The totals that the answer has for all accounts are left out for one; so its streams are counted.
    const answer = await this.#requests.request(subject, '{"streams":true}', signal)
    const storage = Storage.safeParse(jsonOf(answer))
    if (!storage.success) return null
    const { memory, storage: disk, stream_detail } = storage.data.data
    const streams = stream_detail ?? []
    return {
      memoryBytes: memory,
      diskBytes: disk,
      streams: streams.length,
      consumers: streams.reduce((sum, { state }) => sum + state.consumer_count, 0),
    }
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
