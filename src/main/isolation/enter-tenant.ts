import { toMusterError } from '#shared/errors.ts'
import { problemOf } from '#shared/problem-of.ts'
import { isCanary } from './canaries.ts'
import type { ProbeUser, ProvenTenant } from './collaborators.ts'
import type { AbsentParty, Attacker, Party, Stage, SystemTap } from './party.ts'
import { UNKNOWN_FUNCTION } from './payloads.ts'
import type { Ear, ProbeConnection } from './probe-connection.ts'
import { connectionsRefused } from './problems.ts'
import { PROBE_QUEUE } from './target.ts'
import { makeStream, removeAbandonedStreams } from './temporary-stream.ts'

export interface EnterOrder {
  readonly stage: Stage
  readonly tenant: ProvenTenant
  /** Device, console, unrestricted. */
  readonly users: readonly ProbeUser[]
  readonly connect: (user: ProbeUser | undefined) => Promise<ProbeConnection>
  readonly signal: AbortSignal
}

/** A tenant that is on the stage but for its console. */
export interface Entrance {
  readonly tenant: ProvenTenant
  readonly consoleUser: ProbeUser | undefined
  /** Who may do anything in the account; keeps the stream. */
  readonly owner: ProbeConnection
  readonly stream: string | null
  /** Connects the console, which the system account tells of. */
  openConsole(): Promise<Party | AbsentParty>
}

/** Connects a tenant and opens its ears. @throws the abort reason. */
export async function enterTenant(order: EnterOrder): Promise<Entrance | AbsentParty> {
  const { tenant, users, connect, signal } = order
  const [deviceUser, consoleUser, ownerUser] = users
  try {
    const device = await connect(deviceUser)
    const owner = await connect(ownerUser)
    // Before the owner listens to everything: where somebody listens, nobody is told that nobody does.
    const { stream, hasJetStream } = await openStream(owner, `${order.stage.runId}-${tenant.name}`)
    const { ears, worker } = openEars(order, device, owner)
    const isAlone = tenant.isolation === 'account'
    const connections = isAlone ? [device, owner] : [device]
    const taps = connections.map((connection) => openSystemTaps(connection))
    await Promise.all([device.barrier(), owner.barrier()])
    const attackers = connections.map((connection, index): Attacker => {
      const kind = index === 0 ? 'device' : 'unrestricted'
      return { kind, connection, hasJetStream, systemTaps: taps[index] ?? [] }
    })
    return {
      tenant,
      consoleUser,
      owner,
      stream,
      openConsole: () =>
        present(tenant, signal, async () => ({
          tenant,
          device,
          console: await connect(consoleUser),
          consoleKey: consoleUser?.publicKey,
          consolePrefix: consoleUser?.inboxPrefix ?? '',
          unrestricted: isAlone ? owner : null,
          owner,
          attackers,
          ears,
          worker,
          hasJetStream,
          stream,
        })),
    }
  } catch (error) {
    return absent(tenant, signal, error)
  }
}

async function present(
  tenant: ProvenTenant,
  signal: AbortSignal,
  work: () => Promise<Party>,
): Promise<Party | AbsentParty> {
  try {
    return await work()
  } catch (error) {
    return absent(tenant, signal, error)
  }
}

function absent(tenant: ProvenTenant, signal: AbortSignal, thrown: unknown): AbsentParty {
  signal.throwIfAborted()
  const error = toMusterError(thrown)
  // The server answers the registry's connection at this moment; the client does not tell why it closed
  // this one.
  const wasClosed = ['MESH_UNREACHABLE', 'MESH_TIMEOUT'].includes(error.code)
  return { tenant, problem: problemOf(wasClosed ? connectionsRefused(tenant.name) : error) }
}

/** The ears of a tenant, and the device that answers what is not for the proof. */
function openEars(
  { stage, tenant }: EnterOrder,
  device: ProbeConnection,
  owner: ProbeConnection,
): { ears: ReadonlySet<object>; worker: Ear } {
  const { canaries, root } = stage
  const command = `${root}.${tenant.name}.${stage.device}.cmd`
  const hear = (connection: ProbeConnection, subject: string, queue?: string) =>
    connection.listen(
      subject,
      (message, ear) =>
        canaries.hear(message.data, { ear, subject: message.subject, reply: message.reply }),
      queue,
    )
  const subjects = hear(device, `${root}.${tenant.name}.>`)
  const worker = hear(device, command, PROBE_QUEUE)
  // A registry that hears of a device it does not know asks it to register, and would wait.
  device.listen(command, (message) => {
    if (message.reply === undefined || isCanary(message.string())) return
    device.publish(message.reply, UNKNOWN_FUNCTION)
  })
  const ears = new Set<object>([subjects, worker])
  // In an account of its own nothing of the attacker's may arrive on any subject at all.
  if (tenant.isolation === 'account') ears.add(hear(owner, '>'))
  return { ears, worker }
}

const ACCOUNT_NOTICE = /^\$SYS\.ACCOUNT\.(A[A-Z2-7]{55})\./u

function openSystemTaps(connection: ProbeConnection): SystemTap[] {
  return ['$SYS.>', '$SYS.ACCOUNT.*.CONNECT'].map((subject) => {
    const accounts = new Set<string>()
    const ear = connection.listen(subject, (message) => {
      const account = ACCOUNT_NOTICE.exec(message.subject)?.[1]
      if (account !== undefined && !isCanary(message.string())) accounts.add(account)
    })
    return { ear, accounts }
  })
}

async function openStream(
  owner: ProbeConnection,
  id: string,
): Promise<{ stream: string | null; hasJetStream: boolean | null }> {
  const made = await makeStream(owner, id)
  if (made.type === 'none') return { stream: null, hasJetStream: false }
  await removeAbandonedStreams(owner, new Date())
  return made.type === 'made'
    ? { stream: made.name, hasJetStream: true }
    : { stream: null, hasJetStream: null }
}
