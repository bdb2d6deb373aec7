import type { NatsConnection } from '@nats-io/nats-core'
import { z } from 'zod'
import type { ConnectedNow, ServerConnection } from '#shared/contract/credentials.ts'
import { TransientError } from '#shared/errors.ts'
import { askServers, countServers, jsonOf } from '../mesh/ask-servers.ts'
import { quotedClaims } from './user-claims.ts'

/** Longest wait for the answers of all servers. */
const GATHER_TIMEOUT_MS = 2_000
/** How long the number of servers is trusted; a cluster grows and shrinks by hand. */
const SERVERS_TRUSTED_MS = 60_000
/** How many connections one answer names; each comes with its JWT. */
const CONNECTIONS_PER_PAGE = 256
/** Connections that the window shows; all are counted. */
const SHOWN = 200
/** Of how many connections the subscriptions are asked for: one request each. */
const WITH_SUBSCRIPTIONS = 50
const SUBSCRIPTIONS_SHOWN = 200

const Client = z.object({
  cid: z.int(),
  ip: z.string().default(''),
  port: z.int().default(0),
  name: z.string().default(''),
  start: z.string().default(''),
  authorized_user: z.string().default(''),
  jwt: z.string().default(''),
  subscriptions_list: z.array(z.string()).nullish(),
})
type Client = z.infer<typeof Client>

const Answer = z.object({
  server: z.object({ id: z.string(), name: z.string() }),
  data: z.object({ total: z.int(), connections: z.array(Client).nullish() }),
})
type Answer = z.infer<typeof Answer>

/** Muster's connection as the system account's user. */
export interface SystemConnection {
  connected(signal: AbortSignal): Promise<NatsConnection>
}

/** Which clients to look for: by user key, and when the JWT was issued that they came with. */
export type WantedClients = (publicKey: string, issuedAt: Date | null) => boolean

/**
 * Who is connected to an account, asked of every server of the cluster (`$SYS.REQ.ACCOUNT.<id>.CONNZ`).
 * nats-server 2.9 filters by no user that logged in with a JWT, so all connections are looked through.
 */
export class ServerView {
  readonly #system: SystemConnection
  readonly #now: () => Date
  #servers:
    | { readonly nats: NatsConnection; readonly count: number; readonly at: number }
    | undefined

  constructor(options: { readonly system: SystemConnection; readonly now?: () => Date }) {
    this.#system = options.system
    this.#now = options.now ?? (() => new Date())
  }

  /**
   * The connections that are wanted; the first 50 with their subscriptions.
   * @throws TransientError `MESH_NOT_CONNECTED`, `MESH_NO_ANSWER`; the abort reason.
   */
  async connections(
    account: string,
    wanted: WantedClients,
    signal: AbortSignal,
    withSubscriptions = true,
  ): Promise<ConnectedNow> {
    const nats = await this.#system.connected(signal)
    const found = new Map<string, { readonly server: string; readonly client: Client }>()
    const servers = new Set<string>()
    for (let offset = 0, total = 1; offset < total; offset += CONNECTIONS_PER_PAGE) {
      const page = { auth: true, sort: 'cid', offset, limit: CONNECTIONS_PER_PAGE }
      const answers = await this.#ask(nats, account, page, signal)
      total = Math.max(...answers.map(({ data }) => data.total))
      for (const { server, data } of answers) {
        servers.add(server.id)
        for (const client of data.connections ?? []) {
          if (!wanted(client.authorized_user, quotedClaims(client.jwt)?.issuedAt ?? null)) continue
          found.set(`${server.id} ${client.cid}`, { server: server.name, client })
        }
      }
    }
    const shown = [...found].slice(0, SHOWN)
    const connections = await Promise.all(
      shown.map(async ([key, { server, client }], index) => {
        const subscriptions =
          withSubscriptions && index < WITH_SUBSCRIPTIONS
            ? await this.#subscriptionsOf(nats, account, key, client.cid, signal)
            : []
        return connectionOf(server, client, subscriptions)
      }),
    )
    return {
      servers: servers.size,
      seenAt: this.#now().toISOString(),
      total: found.size,
      connections,
    }
  }

  async #subscriptionsOf(
    nats: NatsConnection,
    account: string,
    key: string,
    cid: number,
    signal: AbortSignal,
  ): Promise<string[]> {
    try {
      const answers = await this.#ask(nats, account, { cid, subscriptions: true }, signal)
      const mine = answers.find(({ server }) => key === `${server.id} ${cid}`)
      return mine?.data.connections?.[0]?.subscriptions_list?.slice(0, SUBSCRIPTIONS_SHOWN) ?? []
    } catch (error) {
      signal.throwIfAborted()
      // It may have gone since. That it was there is what counts.
      if (error instanceof TransientError) return []
      throw error
    }
  }

  /** One answer of each server. */
  async #ask(
    nats: NatsConnection,
    account: string,
    query: object,
    signal: AbortSignal,
  ): Promise<Answer[]> {
    const texts = await askServers(
      nats,
      `$SYS.REQ.ACCOUNT.${account}.CONNZ`,
      JSON.stringify(query),
      { servers: await this.#count(nats, signal), timeoutMs: GATHER_TIMEOUT_MS, signal },
    )
    const answers = texts.flatMap((text) => {
      const parsed = Answer.safeParse(jsonOf(text))
      return parsed.success ? [parsed.data] : []
    })
    if (answers.length > 0) return answers
    // A cluster that lost a server: the next look counts again.
    this.#servers = undefined
    throw noAnswer('no server told who is connected')
  }

  async #count(nats: NatsConnection, signal: AbortSignal): Promise<number> {
    const known = this.#servers
    const now = this.#now().getTime()
    if (known?.nats === nats && now - known.at < SERVERS_TRUSTED_MS) return known.count
    const count = await countServers(nats, GATHER_TIMEOUT_MS, signal)
    this.#servers = { nats, count, at: now }
    return count
  }
}

function connectionOf(
  server: string,
  client: Client,
  subscriptions: readonly string[],
): ServerConnection {
  const start = Date.parse(client.start)
  return {
    server,
    cid: client.cid,
    publicKey: client.authorized_user,
    name: client.name,
    address: client.ip === '' ? '' : `${client.ip}:${client.port}`,
    since: Number.isNaN(start) ? null : new Date(start).toISOString(),
    subscriptions: [...subscriptions],
  }
}

function noAnswer(why: string): TransientError {
  return new TransientError({
    code: 'MESH_NO_ANSWER',
    message: `The servers did not tell who is connected: ${why}.`,
    advice: 'Try again once the mesh is connected.',
  })
}
