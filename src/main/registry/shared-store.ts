import type { DeviceKey, RegistryStore, StoredDevice } from './store.ts'

/** When a device was seen last, and since when it is online. */
export interface SeenDevice extends DeviceKey {
  readonly lastSeenEpochMs: number
  readonly sinceEpochMs: number
}

/** Why a record is gone though nobody said that its device is offline. */
export type Vanishing =
  /** Its lease expired: no registry kept it alive for a while. */
  | 'expired'
  /** Somebody deleted it. */
  | 'removed'

/** What a store tells the registry of what others did to it. */
export interface StoreFollower {
  /** The document that is known of a device; a hint that spares parsing. */
  documentOf(device: DeviceKey): string | undefined
  /** A device as the store has it now, online or offline. */
  found(device: StoredDevice): void
  /** The record of a device is gone, and nobody said that it is offline. */
  vanished(device: DeviceKey, why: Vanishing): void
  /** The store knows nothing of this device any more. */
  gone(device: DeviceKey): void
  /** A claim of ours, of which it was not known whether it went through, did. */
  claimed(device: DeviceKey): void
  /** The store answers, for the first time or again. */
  reached(): void
  /** Devices may have changed hands among the registries. */
  ownersChanged(): void
}

/** What one is told of the health of a store that is a server. */
export interface StoreHealth {
  readonly reachable: boolean
  /** How long it has not been reachable; 0 while it is. */
  readonly awayForMs: number
  /** Registries that share it, as far as this one knows. */
  readonly instances: number
  readonly leases: number
  readonly revision: number
  readonly databaseBytes: number
  /** 0 where it is not known. */
  readonly quotaBytes: number
  /** Members that do not answer, or have no leader. */
  readonly membersAway: number
  /** What is, or will soon be, wrong with it; undefined while nothing is. */
  readonly problem: StoreProblem | undefined
}

/** The code of a problem with a store that takes no writes until it has room again. */
export const STORE_FULL = 'ETCD_NO_SPACE'

/** In the terms of the error tree; `grave` means that writes fail or are about to. */
export interface StoreProblem {
  readonly code: string
  readonly message: string
  readonly advice: string
  readonly grave: boolean
}

/** A device that is silent since then. */
export type OfflineClaim = Pick<
  StoredDevice,
  'tenant' | 'deviceId' | 'sinceEpochMs' | 'lastSeenEpochMs'
>

/** A device that was claimed by a registry that is no more. */
export interface LeftOffline extends DeviceKey {
  /** Its announcement was heard all the same; only the note is missing. */
  readonly announced: boolean
}

/**
 * A store that several registries, and people by hand, write. Each device has one registry that is
 * responsible for it (`owns`); all know all devices.
 */
export interface SharedStore extends RegistryStore {
  /**
   * Takes everything in and follows what changes from then on, for as long as the store is open.
   * Resolves when everything is in, or after some seconds where the store can't be reached.
   */
  follow(follower: StoreFollower, signal: AbortSignal): Promise<void>
  /** Whether this registry writes a device's status, and asks it to register again. */
  owns(device: DeviceKey): boolean
  /** Whether it may say that a device is offline: it owns it, and the store knows of this registry. */
  judges(device: DeviceKey): boolean
  /**
   * Takes the records of silent devices away. For each, exactly one of several registries is told
   * true, and has to announce it; false means that the device has changed meanwhile.
   * @throws where the store can't be reached; nothing is certain then
   */
  claimOffline(claims: readonly OfflineClaim[]): Promise<readonly boolean[]>
  /** Notes that claimed devices were announced, and keeps their last record. */
  markAnnounced(devices: readonly StoredDevice[]): Promise<void>
  /**
   * Devices that were claimed by a registry that died before it noted that it announced them: those
   * whose announcement was heard here, and those that are ours to announce.
   */
  leftUnannounced(): readonly LeftOffline[]
  /** An announcement of another registry was heard. */
  heardAnnouncement(device: DeviceKey): void
  /** This registry stops: notes what records have no place for, as far as that can be done. */
  noteSeen(devices: readonly SeenDevice[]): Promise<void>
  /** Whether heartbeats reach this registry; one that hears nothing owns nothing. */
  setHearing(hearing: boolean): void
  health(): StoreHealth
}

/** The same as numbers, beside what the registry counts. */
export function storeReadings(health: StoreHealth) {
  return {
    etcdReachable: health.reachable ? 1 : 0,
    etcdAwaySeconds: health.awayForMs / 1000,
    etcdOutOfSpace: health.problem?.code === STORE_FULL ? 1 : 0,
    etcdRegistries: health.instances,
    etcdLeases: health.leases,
    etcdRevision: health.revision,
    etcdDatabaseBytes: health.databaseBytes,
    etcdQuotaBytes: health.quotaBytes,
    etcdMembersAway: health.membersAway,
  }
}

export function isShared(store: RegistryStore): store is SharedStore {
  return 'claimOffline' in store
}
