import { z } from 'zod'
import { operatorKeysOf } from './operator-keys.ts'
import type { SystemLink } from './system-link.ts'

/** How long the list of servers is good for; a cluster tells a new one within seconds. */
const ROSTER_MAX_AGE_MS = 5_000

/** A nats-server of the deployment that Muster is connected to. */
export interface MeshServer {
  readonly id: string
  readonly name: string
  readonly version: string
  readonly host: string
  readonly cluster: string | null
}

/** What a server says about whom it trusts. */
export interface ServerTrust {
  readonly serverId: string
  /** Operators (O…) with the keys that may sign for them. */
  readonly operators: readonly { readonly publicKey: string; readonly keys: readonly string[] }[]
  readonly systemAccount: string
  /** When it read its configuration last, in its own words. */
  readonly loadedAt: string
}

const Server = z.looseObject({
  id: z.string(),
  name: z.string().default(''),
  ver: z.string().default(''),
  host: z.string().default(''),
  cluster: z.string().optional(),
})
const Stats = z.looseObject({
  server: Server,
  statsz: z.looseObject({ active_servers: z.int().positive().catch(1) }),
})
const Varz = z.looseObject({
  server: Server,
  data: z.looseObject({
    trusted_operators_jwt: z.array(z.string()).nullish(),
    system_account: z.string().default(''),
    config_load_time: z.string().default(''),
  }),
})

/** Which servers answer on the system account. */
export class ServerRoster {
  readonly #link: SystemLink
  #known: { readonly servers: readonly MeshServer[]; readonly at: number } | undefined

  constructor(link: SystemLink) {
    this.#link = link
    link.subscribe(() => {
      if (link.state.phase !== 'connected') this.#known = undefined
    })
  }

  /**
   * The servers that answer now, at least one, ordered by name.
   * @throws TransientError of the link.
   */
  async servers(signal: AbortSignal): Promise<readonly MeshServer[]> {
    const known = this.#known
    if (known !== undefined && performance.now() - known.at < ROSTER_MAX_AGE_MS) {
      return known.servers
    }
    // The first answer says how many there are, so that nobody waits for more.
    const answers = await this.#link.gather(
      '$SYS.REQ.SERVER.PING',
      '',
      (all) => all.length >= (parsed(Stats, all[0])?.statsz.active_servers ?? 1),
      signal,
    )
    const servers = answers
      .flatMap((answer) => parsed(Stats, answer)?.server ?? [])
      .map(({ id, name, ver, host, cluster = null }) => ({ id, name, version: ver, host, cluster }))
      .toSorted((left, right) => left.name.localeCompare(right.name))
    if (servers.length > 0) this.#known = { servers, at: performance.now() }
    return servers
  }

  /** Whom each server trusts; those that do not answer in time are left out. */
  async trust(signal: AbortSignal, timeoutMs?: number): Promise<readonly ServerTrust[]> {
    const { length } = await this.servers(signal)
    const answers = await this.#link.gather(
      '$SYS.REQ.SERVER.PING.VARZ',
      '',
      (all) => all.length >= length,
      signal,
      timeoutMs,
    )
    return answers.flatMap((answer): ServerTrust[] => {
      const varz = parsed(Varz, answer)
      if (varz === undefined) return []
      const { trusted_operators_jwt: jwts, system_account: systemAccount } = varz.data
      return [
        {
          serverId: varz.server.id,
          operators: (jwts ?? []).flatMap(operatorOf),
          systemAccount,
          loadedAt: varz.data.config_load_time,
        },
      ]
    })
  }

  /** Forgets what it knows: a server was asked to do something else, or did not answer. */
  forget(): void {
    this.#known = undefined
  }
}

function operatorOf(jwt: string): ServerTrust['operators'] {
  try {
    const keys = operatorKeysOf(jwt)
    return [{ publicKey: keys[0] ?? '', keys }]
  } catch {
    // Not for us to judge: whoever is looked for is not among them.
    return []
  }
}

/** An answer in the shape that is expected; undefined where it has another. */
export function parsed<T>(schema: z.ZodType<T>, answer: string | undefined): T | undefined {
  try {
    return schema.safeParse(JSON.parse(answer ?? '')).data
  } catch {
    return undefined
  }
}
