import { eventIterator, procedure, z } from './common.ts'

export const KeychainStatus = z.strictObject({
  state: z.enum([
    'open',
    'locked',
    'no-service',
    'denied',
    'changed',
    'kernel-keyring',
    'uninitialised',
  ]),
  backend: z.enum(['os', 'vault', 'memory']).nullable(),
  /** One sentence for the person: what this state means. */
  summary: z.string(),
  /** What to do about it; empty where nothing is to be done. */
  advice: z.string(),
})
export type KeychainStatus = z.infer<typeof KeychainStatus>

/** A passphrase travels in only, never out. */
const Passphrase = z.string().min(1).max(1024)

export const keychain = {
  watch: procedure.output(
    eventIterator(z.strictObject({ type: z.literal('snapshot'), status: KeychainStatus })),
  ),
  unlock: procedure.input(z.strictObject({ passphrase: Passphrase })).output(KeychainStatus),
  createVault: procedure.input(z.strictObject({ passphrase: Passphrase })).output(KeychainStatus),
  /** Tries the OS keychain again, after the person unlocked or started it. */
  retry: procedure.output(KeychainStatus),
}
