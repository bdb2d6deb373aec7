import { readFile, rename } from 'node:fs/promises'
import { z } from 'zod'
import { writeFileAtomic } from '../files/atomic-write.ts'
import { keychainChanged, recordNotWritten } from './errors.ts'

const Base = { version: z.literal(1) }

/** Where a profile keeps its keys. Holds no secret: the canary is an id, not a key. */
const KeychainRecordSchema = z.discriminatedUnion('backend', [
  z.strictObject({
    ...Base,
    backend: z.literal('os'),
    service: z.string().min(1).max(128),
    canary: z.string().regex(/^[0-9a-f]{32}$/),
  }),
  z.strictObject({ ...Base, backend: z.literal('vault') }),
  z.strictObject({ ...Base, backend: z.literal('memory') }),
])
export type KeychainRecord = z.infer<typeof KeychainRecordSchema>

/**
 * @returns undefined where the profile has none yet.
 * @throws ConflictError `KEYCHAIN_CHANGED` where the file is there but can't be understood: the
 * keys may be anywhere, so nothing may begin anew.
 */
export async function readKeychainRecord(path: string): Promise<KeychainRecord | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw keychainChanged('record-unreadable', error)
  }
  try {
    return KeychainRecordSchema.parse(JSON.parse(text))
  } catch (error) {
    throw keychainChanged('record-unreadable', error)
  }
}

/** @throws TransientError `KEYCHAIN_RECORD_NOT_WRITTEN`. */
export async function writeKeychainRecord(path: string, record: KeychainRecord): Promise<void> {
  try {
    await writeFileAtomic(path, `${JSON.stringify(record, null, 2)}\n`)
  } catch (error) {
    throw recordNotWritten(error)
  }
}

/** Renames a file out of the way, keeping it; nothing where it is not there. */
export async function setAside(path: string, suffix: string): Promise<void> {
  try {
    await rename(path, `${path}.${suffix}`)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
    throw error
  }
}
