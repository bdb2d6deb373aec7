import { procedure, z } from './common.ts'

export const Settings = z.strictObject({
  theme: z.enum(['auto', 'light', 'dark']),
  /** Minutes that a fresh credential may stay unused before it is revoked. */
  pendingDeadlineMinutes: z
    .int()
    .min(1)
    .max(7 * 24 * 60),
  /** Days that an issued credential is valid. */
  credentialDays: z.int().min(1).max(3650),
  /** Where to find nats-server; null to search the app's resources and the PATH. */
  natsServerPath: z.string().max(4096).nullable(),
})
export type Settings = z.infer<typeof Settings>

/** What a new profile starts with. */
export const DEFAULT_SETTINGS: Settings = {
  theme: 'auto',
  pendingDeadlineMinutes: 30,
  credentialDays: 90,
  natsServerPath: null,
}

export const settings = {
  get: procedure.output(Settings),
  update: procedure.input(Settings.partial()).output(Settings),
}
