import type { FleetPlan } from './records.ts'
import type { Times } from './times.ts'

/** Subject root of the default dialect. */
export const ROOT = 'device-connect'

export interface RegisterPlan {
  readonly inFlight: number
  /** Whether a device that gets no answer tries again, with backoff. */
  readonly retry: boolean
}

export interface Registered {
  readonly tookMs: number
  readonly failed: number
  readonly times: Times
}

export interface BeatPlan {
  readonly everyMs: number
  /** Share of the heartbeats that change the status, 0 to 1. */
  readonly changing: number
}

/** What the registry said about the devices of a fleet. */
export interface PresenceReport {
  readonly online: number
  readonly offline: number
  /** Devices that count as offline now. */
  readonly offlineDevices: number
  /** Offline before their TTL was over. */
  readonly wronglyOffline: number
  /** Offline since this process itself stood still: they did not beat for a TTL, or may not have. */
  readonly rightlyOffline: number
  /** How often it stood still for so long that devices may miss their TTL. */
  readonly standstills: number
  /** A few of these. */
  readonly wrongIds: readonly string[]
  /** Offline a second time without having been online again. */
  readonly duplicates: number
  /** Questions for their registration. */
  readonly asked: number
  /** How late after last beat and TTL. */
  readonly lateMs: Times
}

/** What discovery lists of a fleet. */
export interface Listed {
  readonly listed: number
  readonly lost: number
  /** Listed more than once in one walk. */
  readonly twice: number
  readonly tookMs: number
}

export interface AskPlan {
  readonly fleet: string
  readonly count: number
  readonly inFlight: number
}

/** What the load process can be told to do. Fleets go by their prefix. */
export interface LoadCalls {
  connect(given: { readonly servers: readonly string[] }): Promise<void>
  create(plan: FleetPlan): Promise<void>
  /** Makes a fleet whose devices have a connection each, on which they register and beat. */
  crowd(plan: FleetPlan): Promise<void>
  /** How many of them registered again after their connection was lost. */
  returned(fleet: string): Promise<number>
  /** Takes a fleet away; its devices are silent from then on. */
  drop(fleet: string): Promise<void>
  register(fleet: string, plan: RegisterPlan): Promise<Registered>
  /** The same as fast as they are answered. */
  registerAtOnce(fleet: string, inFlight: number): Promise<Registered>
  /** The registry knows all of them already. */
  adopt(fleet: string): Promise<void>
  beat(fleet: string, plan: BeatPlan): Promise<void>
  silence(fleet: string): Promise<void>
  presence(fleet: string): Promise<PresenceReport>
  forget(fleet: string): Promise<void>
  /** Walks the tenant's devices in pages of 200. */
  list(fleet: string): Promise<Listed>
  /** Asks for single devices, `inFlight` at a time. */
  ask(plan: AskPlan): Promise<Times>
  describe(fleet: string): Promise<number>
}
