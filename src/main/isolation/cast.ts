import type { Dialect } from '#shared/protocol/dialect.ts'
import { Canaries } from './canaries.ts'
import type {
  IsolationAuthority,
  ProbeUser,
  ProbeUserRequest,
  ProofServer,
  ProvenTenant,
  SystemWitness,
} from './collaborators.ts'
import type { DialTarget } from '../mesh/dial.ts'
import { ConsoleNotices } from './console-notices.ts'
import { enterTenant, type Entrance } from './enter-tenant.ts'
import { inTurns } from './in-turns.ts'
import type { AbsentParty, Party, Stage } from './party.ts'
import { ProbeConnection } from './probe-connection.ts'
import { removeStream } from './temporary-stream.ts'

/** Longer than any proof takes, and not much longer. */
const CREDENTIAL_TTL_MS = 10 * 60_000
/** Tenants that are connected at the same time. */
const ENTERING_AT_ONCE = 8
/** For one tenant: device, console, unrestricted. */
const USERS_PER_TENANT = 3
const everything = () => ({ pub: { allow: ['>'] }, sub: { allow: ['>'] } })
const OVER = 'The isolation proof that it was issued for is over.'

export interface CastOptions {
  readonly runId: string
  readonly authority: IsolationAuthority
  readonly server: ProofServer
  readonly witness: SystemWitness
  readonly dialect: Dialect
  readonly tenants: readonly ProvenTenant[]
  /** Milliseconds that the server may take to answer a ping. */
  readonly barrierTimeoutMs: number
  readonly signal: AbortSignal
}

/** Everybody who takes part in a proof. */
export interface Cast {
  readonly stage: Stage
  readonly parties: readonly Party[]
  readonly absent: readonly AbsentParty[]
  /** The system account heard the consoles connect: the control for those who must not hear it. */
  readonly noticesSeen: boolean
  /** Only on one server a barrier tells that nothing is on its way any more. */
  readonly onOneServer: boolean
  /** Removes the streams, closes the connections and ends the credentials. Never throws. */
  close(): Promise<void>
}

/**
 * Issues the credentials of a proof, all at once, and connects. A tenant that can't connect is absent.
 * @throws what the authority throws (a locked keychain, say), what keeps the registry's side from
 *   connecting, the abort reason. Then everything has been put away.
 */
export async function assembleCast(options: CastOptions): Promise<Cast> {
  const { authority, tenants } = options
  const users = await authority.issueUsers(requestsFor(tenants))
  const open: ProbeConnection[] = []
  const entrances: Entrance[] = []
  const close = async () => {
    const made = entrances.flatMap(({ owner, stream }) =>
      stream === null ? [] : { owner, stream },
    )
    await Promise.all(made.map(({ owner, stream }) => removeStream(owner, stream).catch(ignore)))
    await Promise.all(open.map((connection) => connection.close().catch(ignore)))
    authority.endInternal(
      users.map(({ ledgerId }) => ledgerId),
      OVER,
    )
  }
  try {
    return { ...(await assemble(options, users, open, entrances)), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** The registry's user, then those of each tenant. */
function requestsFor(tenants: readonly ProvenTenant[]): ProbeUserRequest[] {
  const common = { ttlMs: CREDENTIAL_TTL_MS, delivery: 'internal' } as const
  const name = 'Isolation proof'
  return [
    { account: 'registry', role: 'registry', name: `${name}: registry`, ...common },
    ...tenants.flatMap((tenant): ProbeUserRequest[] => {
      const place = { account: { tenant: tenant.name }, ...common }
      const device = { ...place, role: 'device', inbox: 'shared' } as const
      return [
        { ...device, name: `${name}: device` },
        { ...place, role: 'console', inbox: 'private', name: `${name}: console` },
        { ...device, permissions: everything, name: `${name}: unrestricted` },
      ]
    }),
  ]
}

async function assemble(
  options: CastOptions,
  [registryUser, ...users]: readonly ProbeUser[],
  open: ProbeConnection[],
  entrances: Entrance[],
): Promise<Omit<Cast, 'close'>> {
  const { runId, tenants, signal, witness, dialect } = options
  const { barrierTimeoutMs } = options
  const first = await connectToOne(options, registryUser)
  open.push(first.connection)
  const connect = async (user: ProbeUser | undefined) => {
    const connection = await ProbeConnection.open(
      first.target,
      credentialsOf(user),
      signal,
      barrierTimeoutMs,
    )
    open.push(connection)
    return connection
  }
  const stage = await openStage(runId, dialect, first.connection)
  const absent: AbsentParty[] = []
  await inTurns(tenants, ENTERING_AT_ONCE, async (tenant, index) => {
    const own = users.slice(index * USERS_PER_TENANT, (index + 1) * USERS_PER_TENANT)
    const entered = await enterTenant({ stage, tenant, users: own, connect, signal })
    if ('problem' in entered) absent.push(entered)
    else entrances.push(entered)
  })
  // The taps on the system account listen by now, and hear the consoles connect if they can.
  const notices = await ConsoleNotices.watch(witness, entrances, signal)
  const parties: Party[] = []
  await inTurns(entrances, ENTERING_AT_ONCE, async (entrance) => {
    const joined = await entrance.openConsole()
    if ('problem' in joined) absent.push(joined)
    else parties.push(joined)
  })
  const consoles = parties.flatMap(({ consoleKey }) => consoleKey ?? [])
  const noticesSeen = await notices.seen(consoles, signal)
  const order = new Map(tenants.map(({ name }, index) => [name, index]))
  const place = (party: Party) => order.get(party.tenant.name) ?? 0
  return {
    stage,
    parties: parties.toSorted((one, other) => place(one) - place(other)),
    absent,
    noticesSeen,
    onOneServer: new Set(open.map(({ serverId }) => serverId)).size === 1,
  }
}

/** Connects to the first address that answers; everybody else then connects to the same. */
async function connectToOne(
  { server, signal, barrierTimeoutMs }: CastOptions,
  user: ProbeUser | undefined,
): Promise<{ connection: ProbeConnection; target: DialTarget }> {
  let failure: unknown
  for (const url of server.servers) {
    const target = { ...server, name: 'muster isolation proof', servers: [url] }
    try {
      const credentials = credentialsOf(user)
      const connection = await ProbeConnection.open(target, credentials, signal, barrierTimeoutMs)
      return { target, connection }
    } catch (error) {
      signal.throwIfAborted()
      failure ??= error
    }
  }
  throw failure
}

async function openStage(
  runId: string,
  dialect: Dialect,
  registry: ProbeConnection,
): Promise<Stage> {
  const canaries = new Canaries()
  const all = `${dialect.subjectRoot}.*`
  // Without a queue group, so that no request is taken from the registry that serves.
  const subjects = [
    `${all}.registry`,
    `${all}.discovery`,
    `${all}.*.heartbeat`,
    `${all}.*.event.>`,
    `${all}.device.*`,
  ]
  const ears = subjects.map((subject) =>
    registry.listen(subject, (message, ear) =>
      canaries.hear(message.data, { ear, subject: message.subject, reply: message.reply }),
    ),
  )
  await registry.barrier()
  return {
    runId,
    canaries,
    root: dialect.subjectRoot,
    device: `muster-probe-${runId.slice(0, 6)}`,
    registry,
    registryEars: new Set(ears),
  }
}

function credentialsOf(user: ProbeUser | undefined) {
  const { jwt = '', seed = '', inboxPrefix = '', expiresAt = null } = user ?? {}
  return { jwt, seed, inboxPrefix, expiresAt }
}

function ignore(): undefined {
  return undefined
}
