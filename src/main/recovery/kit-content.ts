import { z } from 'zod'
import { RejectedError } from '#shared/errors.ts'
import { privateKeyOf } from '../authority/nkey.ts'

const KitKey = z.strictObject({
  /** What the key belongs to: the operator, or the kind of account. */
  kind: z.enum(['operator', 'system', 'registry', 'shared', 'tenant']),
  /** The operator's or account's name. */
  holder: z.string().max(256),
  purpose: z.enum(['identity', 'signing']),
  /** Secret (SO…, SA…). */
  seed: z.string().max(64),
})
export type KitKey = z.infer<typeof KitKey>

const KitContent = z.strictObject({
  format: z.literal('muster-recovery-kit'),
  version: z.literal(1),
  /** For whoever opens it without Muster. */
  about: z.string().optional(),
  id: z.uuid(),
  createdAt: z.iso.datetime(),
  operator: z.strictObject({
    name: z.string().max(256),
    publicKey: z.string().max(64),
    dialect: z.enum(['device-connect', 'fabric']),
  }),
  keys: z.array(KitKey).min(1),
  /** The certificate authority of the local mesh, which devices trust; not on paper. */
  mesh: z
    .strictObject({ id: z.string().max(256), caKeyPem: z.string(), caCertificatePem: z.string() })
    .optional(),
})
/** What a recovery kit holds: secret as a whole. */
export type KitContent = z.infer<typeof KitContent>

/** What stands in every kit file for a person who has the file, the passphrase and no Muster. */
export const ABOUT =
  'Keys of a NATS operator and its accounts (nkeys seeds). Muster restores them: first run, "Restore from a recovery kit". Without Muster, nsc imports each seed: nsc import keys.'

const NEWEST_VERSION = 1

/**
 * Reads what a kit was opened to.
 * @throws RejectedError `KIT_UNKNOWN` where it is something else, `KIT_TOO_NEW`, `KIT_DAMAGED` where
 *   a seed is none.
 */
export function parseKitContent(text: string): KitContent {
  const parsed = KitContent.safeParse(jsonOf(text))
  if (!parsed.success) {
    const version = z.object({ version: z.number() }).safeParse(jsonOf(text))
    if (version.success && version.data.version > NEWEST_VERSION) throw tooNew()
    throw unknownKit()
  }
  for (const key of parsed.data.keys) publicKeyOf(key)
  return parsed.data
}

/** The public text of a kit's key. @throws RejectedError `KIT_DAMAGED`. */
export function publicKeyOf(key: KitKey): string {
  try {
    return privateKeyOf(key.seed).publicKey
  } catch {
    throw new RejectedError({
      code: 'KIT_DAMAGED',
      message: `The kit's key of ${key.holder} is damaged: its checksum does not fit.`,
      advice: 'Use another copy of the kit.',
    })
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function unknownKit(): RejectedError {
  return new RejectedError({
    code: 'KIT_UNKNOWN',
    message: 'The file was opened, and what is in it is not a recovery kit of Muster.',
    advice: 'Choose the kit file: its name ends in .muster-kit.age.',
  })
}

function tooNew(): RejectedError {
  return new RejectedError({
    code: 'KIT_TOO_NEW',
    message: 'This recovery kit was made by a newer Muster than this one.',
    advice: 'Update Muster, then try again.',
  })
}
