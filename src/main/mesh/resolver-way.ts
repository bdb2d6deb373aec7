import { z } from 'zod'
import { RejectedError, TransientError } from '#shared/errors.ts'
import type { AccountRemoval, SignedAccount } from '../authority/account-publisher.ts'
import { parsed, type MeshServer } from './server-roster.ts'

export type ResolverKind = 'full' | 'memory' | 'url'

/** What one server has of an account. */
export interface HeldByServer {
  readonly server: MeshServer
  /**
   * `stored`: the resolver of this server lists it. `loaded`: it is in use, with `jwt`. A server of a
   * memory or URL resolver knows an account from its first login on.
   */
  readonly state: 'stored' | 'loaded' | 'missing'
  /** Where this very server told it. */
  readonly jwt?: string
}

/** What the servers have of one account. */
export interface HeldAccount {
  readonly publicKey: string
  /** The different JWTs that were found, in no order; empty where there is none. */
  readonly jwts: readonly string[]
  readonly servers: readonly HeldByServer[]
}

/** How account JWTs get to the servers of a deployment, and stay there: one for each kind of resolver. */
export interface ResolverWay {
  readonly kind: ResolverKind
  /** Whether accounts can be taken off the servers while they run. */
  readonly removes: boolean
  /** Public keys of all accounts that any server or the resolver's own store has. */
  list(signal: AbortSignal): Promise<readonly string[]>
  /** What the servers have of these accounts; `thorough` asks each server for what it uses. */
  held(
    accounts: readonly string[],
    thorough: boolean,
    signal: AbortSignal,
  ): Promise<readonly HeldAccount[]>
  /**
   * What the servers have of one account that all should have, in a single question: a server reads its
   * whole folder to list accounts. Undefined where not every server said at once that it has it.
   */
  look?(publicKey: string, signal: AbortSignal): Promise<readonly string[] | undefined>
  /**
   * Sends accounts in the given order, and returns once every server that answers is seen to have them.
   * @throws RejectedError `CLAIMS_REFUSED`; TransientError `MESH_NO_ANSWER`, `CLAIMS_NOT_CONFIRMED`,
   *   and what writing files throws.
   */
  push(accounts: readonly SignedAccount[], signal: AbortSignal): Promise<void>
  withdraw(removal: AccountRemoval, signal: AbortSignal): Promise<void>
}

const ClaimsAnswer = z.looseObject({
  server: z.looseObject({ name: z.string() }).optional(),
  data: z.looseObject({ code: z.int(), message: z.string().default('') }).nullish(),
  error: z.looseObject({ description: z.string().default('') }).nullish(),
})

/**
 * Reads what servers answer to a change of an account.
 * @returns whether one of them skipped it, for want of the account: nats-server says `code 200` then too
 * @throws RejectedError `CLAIMS_REFUSED`, TransientError `MESH_NO_ANSWER`.
 */
export function requireTaken(answers: readonly string[], what: string): { skipped: boolean } {
  if (answers.length === 0) throw nobodyAnswered(what)
  let skipped = false
  for (const answer of answers) {
    const read = parsed(ClaimsAnswer, answer)
    if (read?.data?.code !== 200) throw refused(what, read?.server?.name, read?.error?.description)
    skipped ||= read.data.message.includes('skipped')
  }
  return { skipped }
}

function refused(what: string, server = '', description = 'it gave no reason'): RejectedError {
  return new RejectedError({
    code: 'CLAIMS_REFUSED',
    message: `The NATS server ${server.slice(0, 64)} refused ${what}: ${description.slice(0, 200)}.`,
    advice: 'Look at the log of the server for the reason, then try again.',
    details: { server: server.slice(0, 64) },
  })
}

/** Nobody heard, or said anything: too slow, or another kind of resolver. */
export function nobodyAnswered(what: string): TransientError {
  return new TransientError({
    code: 'MESH_NO_ANSWER',
    message: `No NATS server answered on its system account when it was sent ${what}.`,
    advice: 'Check in Keys, Resolver that the servers use the kind of resolver that is set here.',
  })
}

export function notConfirmed(account: SignedAccount): TransientError {
  return new TransientError({
    code: 'CLAIMS_NOT_CONFIRMED',
    message: `The NATS server said that it took the account ${account.name}, but does not show it as sent.`,
    advice: 'Try again. If it stays so, somebody else may be changing the accounts of this server.',
    details: { account: account.publicKey },
  })
}
