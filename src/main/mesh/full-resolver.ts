import { z } from 'zod'
import type { AccountRemoval, SignedAccount } from '../authority/account-publisher.ts'
import type { Logger } from '../log/logger.ts'
import { inUse } from './accounts-in-use.ts'
import { inParallel } from './in-parallel.ts'
import {
  nobodyAnswered,
  notConfirmed,
  requireTaken,
  type HeldAccount,
  type HeldByServer,
  type ResolverWay,
} from './resolver-way.ts'
import { parsed, type ServerRoster } from './server-roster.ts'
import type { SystemLink } from './system-link.ts'
import { pause } from './waiting.ts'

/** How long the resolvers of a cluster may take to hold what they said they took. */
const CONFIRM_TIMEOUT_MS = 5_000
const CONFIRM_INTERVAL_MS = 50
/** How long every server may take to say what it has, before each is asked for its list. */
const LOOK_TIMEOUT_MS = 500
/** Look-ups under way at once. */
const PARALLEL = 16

const ListAnswer = z.looseObject({
  server: z.looseObject({ id: z.string() }).optional(),
  data: z.array(z.string()).nullish(),
})

export interface WayOptions {
  readonly link: SystemLink
  readonly roster: ServerRoster
  readonly log: Logger
}

/**
 * The full resolver: each server keeps all account JWTs in a folder of its own, and they exchange
 * what is newer. Every server answers for itself; a look-up alone does not say which one did.
 */
export class FullResolver implements ResolverWay {
  readonly kind = 'full'
  readonly removes = true
  readonly #options: WayOptions

  constructor(options: WayOptions) {
    this.#options = options
  }

  async list(signal: AbortSignal): Promise<readonly string[]> {
    const holders = await this.#holders(signal)
    return [...new Set([...holders.values()].flatMap(({ accounts }) => [...accounts]))]
  }

  async held(
    accounts: readonly string[],
    thorough: boolean,
    signal: AbortSignal,
  ): Promise<readonly HeldAccount[]> {
    const holders = await this.#holders(signal)
    return inParallel(accounts, PARALLEL, async (publicKey) => {
      const holding = [...holders.values()].filter((one) => one.accounts.has(publicKey))
      const stored = await this.#lookUp(publicKey, holding.length, signal)
      const told = thorough ? await inUse(this.#options, publicKey, signal) : undefined
      const servers = [...holders.values()].map(({ server, accounts: has }): HeldByServer => {
        if (!has.has(publicKey)) return { server, state: 'missing' }
        const jwt = told?.get(server.id) ?? ''
        return jwt === '' ? { server, state: 'stored' } : { server, state: 'loaded', jwt }
      })
      return { publicKey, jwts: [...new Set(stored)], servers }
    })
  }

  async look(publicKey: string, signal: AbortSignal): Promise<readonly string[] | undefined> {
    const count = await this.#serverCount(signal)
    const jwts = await this.#lookUp(publicKey, count, signal, LOOK_TIMEOUT_MS)
    return jwts.length < count ? undefined : [...new Set(jwts)]
  }

  async push(accounts: readonly SignedAccount[], signal: AbortSignal): Promise<void> {
    for (const account of accounts) await this.#push(account, signal)
  }

  async withdraw(removal: AccountRemoval, signal: AbortSignal): Promise<void> {
    const { link } = this.#options
    const count = await this.#serverCount(signal)
    const answers = await link.gather(
      '$SYS.REQ.CLAIMS.DELETE',
      removal.jwt,
      (all) => all.length >= count,
      signal,
    )
    requireTaken(answers, 'the removal of accounts')
  }

  async #push(account: SignedAccount, signal: AbortSignal): Promise<void> {
    const { link, roster, log } = this.#options
    const count = await this.#serverCount(signal)
    const answers = await link.gather(
      '$SYS.REQ.CLAIMS.UPDATE',
      account.jwt,
      (all) => all.length >= count,
      signal,
    )
    requireTaken(answers, `the account ${account.name}`)
    if (answers.length < count) {
      // What it missed it gets from the others: those exchange what is newer.
      log.warn('a server did not answer to a change of an account', {
        account: account.publicKey,
        servers: count,
        answered: answers.length,
      })
      roster.forget()
    }
    const deadline = AbortSignal.timeout(CONFIRM_TIMEOUT_MS)
    for (;;) {
      const held = await this.#lookUp(account.publicKey, answers.length, signal)
      if (held.length >= answers.length && held.every((jwt) => jwt === account.jwt)) return
      if (deadline.aborted) throw notConfirmed(account)
      await pause(CONFIRM_INTERVAL_MS, signal)
      signal.throwIfAborted()
    }
  }

  /** What the resolvers hold; of `holding` servers. Those without the account say nothing, or an empty text. */
  async #lookUp(
    publicKey: string,
    holding: number,
    signal: AbortSignal,
    timeoutMs?: number,
  ): Promise<string[]> {
    if (holding === 0) return []
    const answers = await this.#options.link.gather(
      `$SYS.REQ.ACCOUNT.${publicKey}.CLAIMS.LOOKUP`,
      '',
      (all) => all.filter((jwt) => jwt !== '').length >= holding,
      signal,
      timeoutMs,
    )
    return answers.filter((jwt) => jwt !== '')
  }

  async #holders(signal: AbortSignal) {
    const { link, roster } = this.#options
    const servers = await roster.servers(signal)
    const answers = await link.gather(
      '$SYS.REQ.CLAIMS.LIST',
      '',
      (all) => all.length >= servers.length,
      signal,
    )
    if (answers.length === 0) throw nobodyAnswered('a question about its accounts')
    const lists = new Map(
      answers.flatMap((answer) => {
        const list = parsed(ListAnswer, answer)
        const id = list?.server?.id ?? (servers.length === 1 ? servers[0]?.id : undefined)
        return list === undefined || id === undefined ? [] : [[id, new Set(list.data ?? [])]]
      }),
    )
    return new Map(
      servers.flatMap((server) => {
        const accounts = lists.get(server.id)
        return accounts === undefined ? [] : [[server.id, { server, accounts }]]
      }),
    )
  }

  async #serverCount(signal: AbortSignal): Promise<number> {
    return Math.max((await this.#options.roster.servers(signal)).length, 1)
  }
}
