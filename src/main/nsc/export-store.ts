import { readFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ConflictError, messageOf, RejectedError } from '#shared/errors.ts'
import { requireOperator } from '../authority/account-changes.ts'
import { decodeJwt } from '../authority/jwt.ts'
import type { Keychain } from '../authority/keychain.ts'
import { beginUse, type KeyAudit } from '../authority/key-use.ts'
import {
  accountFiles,
  exportFolders,
  isFileName,
  keyFilePath,
  userFiles,
  type ExportParts,
} from './export-content.ts'
import { writeNewFile } from './new-files.ts'

export interface StoreExportParts extends ExportParts {
  readonly keychain: Keychain
  readonly audit: KeyAudit
}

/** Which private keys are written out. */
export type ExportedKeys = 'none' | 'signing' | 'all'

export interface StoreExport {
  readonly folder: string
  readonly operatorName: string
  readonly written: number
  /** Files that were there with the same content. */
  readonly same: number
  /** Files that were there with other content, and stay so. */
  readonly different: readonly string[]
  readonly keys: number
  /** Keys that the keychain does not hold. */
  readonly keysMissing: number
  /** What to type to have nsc use it. */
  readonly command: string
}

/**
 * Writes a store that nsc accepts: JWTs of operator, accounts and users in force, and the private keys
 * that were asked for. Owner-only files; nothing that is there is replaced. After a failure, what this
 * call wrote is gone again.
 * @throws ConflictError `AUTHORITY_NOT_SET_UP`, `NSC_STORE_OF_OTHER`; RejectedError `NSC_NAME`,
 *   `FILE_NOT_WRITTEN`; what keychain and audit log throw; the abort reason.
 */
export async function exportStore(
  parts: StoreExportParts,
  folder: string,
  exported: ExportedKeys,
  signal: AbortSignal,
): Promise<StoreExport> {
  const operator = requireOperator(parts.store)
  requireFileNames([operator.name, ...parts.store.accounts().map(({ name }) => name)])
  await requireNoOther(folder, operator)
  const writing = new Writing(folder, signal)
  try {
    for (const { path, content } of accountFiles(parts, operator)) await writing.add(path, content)
    for (const { path, content } of await userFiles(parts, operator.name))
      await writing.add(path, content)
    const keys = exported === 'none' ? [] : keysToExport(parts, operator.publicKey, exported)
    const { held, missing } = await writeKeys(parts, keys, writing)
    const { stores, keystore } = exportFolders(folder)
    return {
      folder,
      operatorName: operator.name,
      written: writing.written.length,
      same: writing.same,
      different: writing.different,
      keys: held,
      keysMissing: missing,
      command: `nsc --config-dir ${quoted(join(folder, 'config'))} --data-dir ${quoted(stores)} --keystore-dir ${quoted(keystore)} select operator ${quoted(operator.name)}`,
    }
  } catch (error) {
    await writing.takeBack()
    throw error
  }
}

/** Public keys, newest signing keys first; which of them the keychain holds is another matter. */
function keysToExport(
  { store, scopedKeys }: StoreExportParts,
  operator: string,
  exported: ExportedKeys,
): string[] {
  const holders = [operator, ...store.accounts().map(({ publicKey }) => publicKey)]
  return holders.flatMap((holder) => [
    ...store.keysOf(holder, 'signing'),
    ...scopedKeys(holder),
    ...(exported === 'all' ? store.keysOf(holder, 'identity') : []),
  ])
}

async function writeKeys(
  { keychain, audit }: StoreExportParts,
  keys: readonly string[],
  writing: Writing,
): Promise<{ held: number; missing: number }> {
  let held = 0
  for (const publicKey of keys) {
    const seed = await keychain.get(publicKey)
    if (seed === undefined) continue
    const reason = 'It was written into an nsc store.'
    const use = beginUse(audit, publicKey, { action: 'key-export', subjects: [publicKey], reason })
    try {
      await writing.add(keyFilePath(publicKey), seed)
    } catch (error) {
      use.failed(error)
      throw error
    }
    use.done()
    held += 1
  }
  if (held > 0) await writing.add(join('keys', '.gitignore'), '**/*.nk\n**/*.creds\n')
  return { held, missing: keys.length - held }
}

/** Files of one export, so that a failed one leaves none of them behind. */
class Writing {
  readonly written: string[] = []
  readonly different: string[] = []
  same = 0
  readonly #folder: string
  readonly #signal: AbortSignal

  constructor(folder: string, signal: AbortSignal) {
    this.#folder = folder
    this.#signal = signal
  }

  async add(path: string, content: string): Promise<void> {
    this.#signal.throwIfAborted()
    const full = join(this.#folder, path)
    let outcome
    try {
      outcome = await writeNewFile(full, content)
    } catch (error) {
      throw new RejectedError({
        code: 'FILE_NOT_WRITTEN',
        message: `A file of the store could not be written to ${this.#folder}: ${messageOf(error)}`,
        advice: 'Choose another folder, or make room on this disk. What was written is gone again.',
        cause: error,
      })
    }
    if (outcome === 'written') this.written.push(full)
    else if (outcome === 'same') this.same += 1
    else this.different.push(full)
  }

  async takeBack(): Promise<void> {
    for (const path of this.written) await rm(path, { force: true })
  }
}

/** A store of another operator under the same name must not be mixed with ours. */
async function requireNoOther(
  folder: string,
  operator: { name: string; publicKey: string },
): Promise<void> {
  const root = join(exportFolders(folder).stores, operator.name)
  const names = await readdir(root).catch(() => [])
  if (names.length === 0) return
  try {
    const text = await readFile(join(root, `${operator.name}.jwt`), 'utf8')
    if (decodeJwt(text).sub === operator.publicKey) return
  } catch {
    // No operator that could be read: not ours either.
  }
  throw new ConflictError({
    code: 'NSC_STORE_OF_OTHER',
    message: `In this folder there is a store named ${operator.name} already, and it is not of this operator. Nothing was written.`,
    advice: 'Choose an empty folder.',
  })
}

function requireFileNames(names: readonly string[]): void {
  if (names.every(isFileName)) return
  throw new RejectedError({
    code: 'NSC_NAME',
    message:
      'A name in this deployment can not be the name of a file, and nsc keeps everything by name.',
    advice: 'Report this with the names of your operator and accounts.',
  })
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/u.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
