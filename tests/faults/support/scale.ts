/** How large and how long: as in the field with `npm run faults`, in small for `npm test`. */
interface Scale {
  readonly devices: number
  readonly ttlSeconds: number
  readonly beatEveryMs: number
  /** How long nats-server or etcd are away. */
  readonly awayMs: number
  /** How long etcd has no quorum. */
  readonly withoutQuorumMs: number
  /** Devices with a connection of their own that come back at once. */
  readonly crowd: number
  /** Until all is well again. */
  readonly recoveryMs: number
}

const FULL: Scale = {
  devices: 2000,
  ttlSeconds: 15,
  beatEveryMs: 5000,
  awayMs: 30_000,
  withoutQuorumMs: 60_000,
  crowd: 2000,
  recoveryMs: 90_000,
}

const SMALL: Scale = {
  devices: 200,
  ttlSeconds: 3,
  beatEveryMs: 750,
  awayMs: 4000,
  withoutQuorumMs: 4500,
  crowd: 150,
  recoveryMs: 60_000,
}

export const SCALE: Scale = process.env['FAULTS'] === 'full' ? FULL : SMALL
export const TTL_MS = SCALE.ttlSeconds * 1000
