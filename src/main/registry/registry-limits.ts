import { z } from 'zod'
import type { RateLimit } from './rate-limit.ts'

const Rate = z.strictObject({ perSecond: z.number().positive(), burst: z.number().min(1) })

/** What one device, and one tenant, may ask of the registry. */
export const RegistryLimits = z.strictObject({
  /** Heartbeats of a device that change its status; more of them count as life signs only. */
  changes: Rate,
  /** The same of all devices of a tenant together. */
  tenantChanges: Rate,
  /** Registrations of a device. */
  registrations: Rate,
  /** Heartbeats of a tenant from devices that are not known, or no devices. */
  unknown: Rate,
  /** Devices of a tenant that are kept, online and offline. */
  devicesPerTenant: z.int().positive(),
})
export type RegistryLimits = z.infer<typeof RegistryLimits>

/** Far above what devices do, far below what holds up others. */
export const DEFAULT_LIMITS: RegistryLimits = {
  changes: { perSecond: 20, burst: 200 },
  tenantChanges: { perSecond: 20_000, burst: 40_000 },
  registrations: { perSecond: 1, burst: 60 },
  unknown: { perSecond: 5000, burst: 50_000 },
  devicesPerTenant: 200_000,
}

const ANY: RateLimit = { perSecond: 1e9, burst: 1e9 }

export const NO_LIMITS: RegistryLimits = {
  changes: ANY,
  tenantChanges: ANY,
  registrations: ANY,
  unknown: ANY,
  devicesPerTenant: Number.MAX_SAFE_INTEGER,
}
