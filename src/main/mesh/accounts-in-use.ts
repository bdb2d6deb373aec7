import { z } from 'zod'
import type { SignedAccount } from '../authority/account-publisher.ts'
import { inParallel } from './in-parallel.ts'
import { notConfirmed, requireTaken, type HeldAccount } from './resolver-way.ts'
import { parsed, type ServerRoster } from './server-roster.ts'
import type { SystemLink } from './system-link.ts'
import { pause } from './waiting.ts'

const CONFIRM_TIMEOUT_MS = 5_000
const CONFIRM_INTERVAL_MS = 50
/** Accounts asked about at once. */
const PARALLEL = 16

const Accountz = z.looseObject({
  server: z.looseObject({ id: z.string() }),
  data: z
    .looseObject({
      accounts: z.array(z.string()).nullish(),
      account_detail: z.looseObject({ jwt: z.string().default('') }).nullish(),
    })
    .nullish(),
})

interface Asking {
  readonly link: SystemLink
  readonly roster: ServerRoster
}

/**
 * The JWT of an account with which each server works now, by server id; empty where that server does
 * not have it in use. A server that did not answer is left out. It may be another than the resolver has stored: nats-server goes on with the
 * old one where it can't take the new.
 */
export async function inUse(
  { link, roster }: Asking,
  publicKey: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const answers = await ask({ link, roster }, { account: publicKey }, signal)
  return new Map(answers.map(({ server, data }) => [server.id, data?.account_detail?.jwt ?? '']))
}

/** Public keys of the accounts that any server has in use. */
export async function accountsInUse(
  asking: Asking,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const answers = await ask(asking, {}, signal)
  const all = answers.flatMap(({ data }) => data?.accounts ?? [])
  // `$G` is every server's own.
  return new Set(all.filter((account) => account.startsWith('A')))
}

/**
 * What servers have of accounts whose JWTs they take from one store: what they use, else what is stored
 * for them (`storedOf`).
 */
export async function heldOrStored(
  asking: Asking,
  accounts: readonly string[],
  storedOf: (publicKey: string) => Promise<string | undefined>,
  signal: AbortSignal,
): Promise<readonly HeldAccount[]> {
  const servers = await asking.roster.servers(signal)
  return inParallel(accounts, PARALLEL, async (publicKey) => {
    const told = await inUse(asking, publicKey, signal)
    const stored = await storedOf(publicKey)
    const jwts = new Set([...told.values(), stored ?? ''].filter((jwt) => jwt !== ''))
    return {
      publicKey,
      jwts: [...jwts],
      servers: servers.map((server) => {
        const jwt = told.get(server.id) ?? ''
        if (jwt !== '') return { server, state: 'loaded' as const, jwt }
        return stored === undefined
          ? { server, state: 'missing' as const }
          : { server, state: 'stored' as const, jwt: stored }
      }),
    }
  })
}

/**
 * Has every server that uses the account take it as it is now.
 * @returns whether a server skipped it, since it does not use it
 * @throws as `requireTaken`.
 */
export async function updateInUse(
  { link, roster }: Asking,
  account: SignedAccount,
  signal: AbortSignal,
): Promise<{ skipped: boolean }> {
  const { length } = await roster.servers(signal)
  const answers = await link.gather(
    `$SYS.REQ.ACCOUNT.${account.publicKey}.CLAIMS.UPDATE`,
    account.jwt,
    (all) => all.length >= length,
    signal,
  )
  return requireTaken(answers, `the account ${account.name}`)
}

/**
 * Waits until every server that has the account in use has it as it was sent.
 * @throws TransientError `CLAIMS_NOT_CONFIRMED`.
 */
export async function confirmInUse(
  asking: Asking,
  account: SignedAccount,
  signal: AbortSignal,
): Promise<void> {
  const deadline = AbortSignal.timeout(CONFIRM_TIMEOUT_MS)
  for (;;) {
    const told = await inUse(asking, account.publicKey, signal)
    const taken = [...told.values()].every((jwt) => jwt === '' || jwt === account.jwt)
    // Nobody answering proves nothing: a server that reads its configuration again loses questions.
    if (told.size > 0 && taken) return
    if (deadline.aborted) throw notConfirmed(account)
    await pause(CONFIRM_INTERVAL_MS, signal)
    signal.throwIfAborted()
  }
}

async function ask({ link, roster }: Asking, query: object, signal: AbortSignal) {
  const { length } = await roster.servers(signal)
  const answers = await link.gather(
    '$SYS.REQ.SERVER.PING.ACCOUNTZ',
    JSON.stringify(query),
    (all) => all.length >= length,
    signal,
  )
  return answers.flatMap((answer) => parsed(Accountz, answer) ?? [])
}
