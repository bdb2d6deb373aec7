import { z } from 'zod'
import type { ClockOffset } from '#shared/contract/doctor.ts'
import { toMusterError } from '#shared/errors.ts'
import type { SignedAccount } from '../authority/account-publisher.ts'
import type { LedgerEntry } from '../authority/ledger.ts'
import { readJwt, type LooseClaims } from './read-claims.ts'
import type { ConnectionCounts, RecordedAccount, ResolverView, World } from './world.ts'

/** What the doctor needs of this profile. */
export interface DoctorAuthority {
  bootstrap(): Promise<{
    readonly operatorJwt: string
    readonly systemAccount: SignedAccount
    readonly accounts: readonly SignedAccount[]
  }>
  tenants(): readonly { readonly name: string; readonly account: string }[]
  readonly ledger: {
    entry(id: string): LedgerEntry | undefined
    entriesOfKey(publicKey: string): LedgerEntry[]
    credentialsOf(address: {
      readonly tenant: string
      readonly deviceId: string
    }): readonly { readonly id: string }[]
  }
}

/** What it needs of the servers, as the user of their system account. */
export interface DoctorServers {
  /** Whether there is such a connection now. */
  connected(): boolean
  lookUpClaims(account: string, signal: AbortSignal): Promise<string | undefined>
  request(subject: string, payload: string, signal: AbortSignal): Promise<string>
  countConnections(account: string, user: string, signal: AbortSignal): Promise<ConnectionCounts>
}

export interface Surroundings {
  readonly authority: DoctorAuthority
  readonly servers: DoctorServers
  readonly now: () => Date
}

/** Asks this profile and its servers about an account and a user. Only the reason of the signal is thrown. */
export async function lookAround(
  { authority, servers, now }: Surroundings,
  of: { readonly account: string | null; readonly user: string | null },
  signal: AbortSignal,
): Promise<World> {
  const own = await ownAccounts(authority)
  const recorded = own.accounts.find(({ publicKey }) => publicKey === of.account)
  const asked = servers.connected()
  const [clock, resolver, connections] = await Promise.all([
    asked ? serverClock(servers, now, signal) : null,
    resolverView(servers, of.account, recorded, signal),
    asked && of.account !== null && of.user !== null
      ? servers.countConnections(of.account, of.user, signal).catch(() => null)
      : null,
  ])
  signal.throwIfAborted()
  return {
    now: now(),
    clock,
    operatorKeys: own.operatorKeys,
    recorded: recordedAccount(authority, of.account, recorded),
    resolver,
    connections,
    ledger: of.user === null ? [] : authority.ledger.entriesOfKey(of.user),
  }
}

async function ownAccounts(
  authority: DoctorAuthority,
): Promise<{ operatorKeys: readonly string[]; accounts: readonly SignedAccount[] }> {
  try {
    const { operatorJwt, systemAccount, accounts } = await authority.bootstrap()
    const read = readJwt(operatorJwt)
    return {
      operatorKeys: read.type === 'read' ? signersIn(read.claims) : [],
      accounts: [systemAccount, ...accounts],
    }
  } catch {
    // A profile without an operator of its own, that works with a mesh of somebody else.
    return { operatorKeys: [], accounts: [] }
  }
}

/** The operator's identity key and its signing keys: any of them may sign accounts. */
function signersIn({ sub, nats }: LooseClaims): string[] {
  const keys = nats['signing_keys']
  return [sub, ...(Array.isArray(keys) ? keys.filter((key) => typeof key === 'string') : [])]
}

function recordedAccount(
  authority: DoctorAuthority,
  account: string | null,
  recorded: SignedAccount | undefined,
): RecordedAccount | null {
  const tenants = authority.tenants().filter((one) => one.account === account)
  // In a shared account the ledger says which tenant; here none is better than a wrong one.
  const tenant = tenants.length === 1 ? (tenants[0]?.name ?? null) : null
  if (recorded === undefined) {
    return tenant === null ? null : { name: tenant, tenant, claims: null }
  }
  const read = readJwt(recorded.jwt)
  return { name: recorded.name, tenant, claims: read.type === 'read' ? read.claims : null }
}

async function resolverView(
  servers: DoctorServers,
  account: string | null,
  recorded: SignedAccount | undefined,
  signal: AbortSignal,
): Promise<ResolverView> {
  if (account === null) return { type: 'not-asked', why: 'It names no account.' }
  if (!servers.connected()) {
    return {
      type: 'not-asked',
      why: 'Muster is not connected to a system account of this mesh.',
    }
  }
  try {
    const jwt = await servers.lookUpClaims(account, signal)
    if (jwt === undefined) return { type: 'missing' }
    const read = readJwt(jwt)
    if (read.type === 'unreadable') return { type: 'missing' }
    return {
      type: 'held',
      claims: read.claims,
      genuine: read.genuine,
      same: jwt === recorded?.jwt,
    }
  } catch (thrown) {
    signal.throwIfAborted()
    return { type: 'not-asked', why: toMusterError(thrown).message }
  }
}

const Ping = z.object({
  server: z.object({ time: z.iso.datetime({ precision: null, offset: true }) }),
})

/**
 * The server's clock, from the time that stands in each of its answers: it was taken somewhere between
 * question and answer, so at their middle, give or take half of what that took.
 */
async function serverClock(
  servers: DoctorServers,
  now: () => Date,
  signal: AbortSignal,
): Promise<ClockOffset | null> {
  try {
    const asked = now().getTime()
    const answer = await servers.request('$SYS.REQ.SERVER.PING', '', signal)
    const answered = now().getTime()
    const { time } = Ping.parse(JSON.parse(answer)).server
    const uncertaintyMs = (answered - asked) / 2
    return { offsetMs: Date.parse(time) - (asked + uncertaintyMs), uncertaintyMs }
  } catch {
    signal.throwIfAborted()
    return null
  }
}
