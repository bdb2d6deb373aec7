import { eventIterator, Instant, procedure, z } from './common.ts'

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

/** What starting over gives up, and what would bring it back. */
export const KeychainLoss = z.strictObject({
  /** To be typed by who starts over: the operator's name, where there is one. */
  typedName: z.string(),
  operator: z.string().nullable(),
  tenants: z.int(),
  /** In force, that could then not be renewed or revoked. */
  credentials: z.int(),
  /** The best kit that this profile knows of. */
  kit: z
    .strictObject({
      createdAt: Instant,
      form: z.enum(['file', 'page']),
      rehearsed: z.boolean(),
      /** It holds all identity keys that there are. */
      complete: z.boolean(),
    })
    .nullable(),
  /** The file that is renamed, not deleted. */
  vaultPath: z.string(),
})
export type KeychainLoss = z.infer<typeof KeychainLoss>

/** A passphrase travels in only, never out. */
const Passphrase = z.string().min(1).max(1024)

export const keychain = {
  watch: procedure.output(
    eventIterator(z.strictObject({ type: z.literal('snapshot'), status: KeychainStatus })),
  ),
  unlock: procedure.input(z.strictObject({ passphrase: Passphrase })).output(KeychainStatus),
  createVault: procedure.input(z.strictObject({ passphrase: Passphrase })).output(KeychainStatus),
  /** Of the vault, while it is open; the old one is asked for again. */
  changePassphrase: procedure
    .input(z.strictObject({ oldPassphrase: Passphrase, newPassphrase: Passphrase }))
    .output(z.null()),
  /** Before `startOver`. */
  loss: procedure.output(KeychainLoss),
  /** Sets a keychain that can't be opened any more aside, and begins a new one. */
  startOver: procedure
    .input(z.strictObject({ typedName: z.string().max(256) }))
    .output(KeychainStatus),
  /** Tries the OS keychain again, after the person unlocked or started it. */
  retry: procedure.output(KeychainStatus),
}
