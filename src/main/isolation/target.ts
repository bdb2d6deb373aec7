import type { Subjects } from '#shared/protocol/subjects.ts'

/** The reply subjects of the victim's requests that are in flight, as a thief who knows them all. */
export interface RepliesInFlight {
  /** Of a device, on the common `_INBOX.`. */
  readonly inbox: string | undefined
  /** Of a console, on its own prefix. */
  readonly private: string | undefined
  /** Of the registry's call of a device: the server's `_R_.…`. */
  readonly service: string | undefined
}

/** Whom a probe is aimed at, with everything that an attacker could at best have found out. */
export interface Target {
  readonly subjects: Subjects
  /** First token of every subject of the deployment. */
  readonly root: string
  readonly tenant: string
  /** Public key of the victim's account. */
  readonly account: string
  /** Id of the device that the proof plays in every tenant. */
  readonly device: string
  /** Prefix of the victim console's own inbox. */
  readonly privatePrefix: string
  /** Name of the victim's stream, also where it could not be made. */
  readonly stream: string
  /** Known from the moment on that the requests are in flight. */
  readonly replies: RepliesInFlight
}

/** Queue group of the device's command queue in the proof. */
export const PROBE_QUEUE = 'muster-probe'

/** The consumer of each stream that the proof makes, as a device's queue has one. */
export const PROBE_CONSUMER = 'MUSTER_PROBE_CONSUMER'
