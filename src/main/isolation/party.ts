import type { AttackerKind } from '#shared/contract/isolation.ts'
import type { Problem } from '#shared/contract/common.ts'
import type { Canaries } from './canaries.ts'
import type { ProvenTenant } from './collaborators.ts'
import type { Ear, ProbeConnection } from './probe-connection.ts'

/** A connection of a tenant that attacks others. */
export interface Attacker {
  readonly kind: AttackerKind
  readonly connection: ProbeConnection
  /** Whether its account may use JetStream; null where that was not found out. */
  readonly hasJetStream: boolean | null
  /** Listens to the system account's notices all through the proof; the accounts they were about. */
  readonly systemTaps: readonly SystemTap[]
}

export interface SystemTap {
  readonly ear: Ear
  /** Accounts (A…) that a notice was about. */
  readonly accounts: Set<string>
}

/** A tenant in the proof: its connections and what listens for it. */
export interface Party {
  readonly tenant: ProvenTenant
  /** Plays a device, with its permissions: answers calls, and attacks. */
  readonly device: ProbeConnection
  /** Calls on an inbox of its own. */
  readonly console: ProbeConnection
  /** Public key (U…) of the console. */
  readonly consoleKey: string | undefined
  readonly consolePrefix: string
  /** May do anything in the account; null in a shared account, where it would prove nothing. */
  readonly unrestricted: ProbeConnection | null
  /** May do anything in the account, in a shared one too; keeps the stream, and never attacks. */
  readonly owner: ProbeConnection
  readonly attackers: readonly Attacker[]
  /** What hears for the tenant: the device's subjects, and every subject of its account. */
  readonly ears: ReadonlySet<object>
  readonly worker: Ear
  readonly hasJetStream: boolean | null
  readonly stream: string | null
}

/** A tenant that could not take part, and why. */
export interface AbsentParty {
  readonly tenant: ProvenTenant
  readonly problem: Problem
}

/** Everybody and everything on the stage of a proof. */
export interface Stage {
  readonly runId: string
  readonly canaries: Canaries
  readonly root: string
  /** Id of the device that is played in every tenant. */
  readonly device: string
  readonly registry: ProbeConnection
  readonly registryEars: ReadonlySet<object>
}
