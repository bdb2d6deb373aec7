import { createHash } from 'node:crypto'
import { isStoreFile, readStoreFile, type StoreItem } from './read-store-file.ts'
import { findingsOf, type Finding } from './store-findings.ts'
import { modelOf, type StoreModel } from './store-model.ts'
import { walkFiles } from './walk-files.ts'

/** Files that are read at a time: a store on a network share is slow, and descriptors are few. */
const READ_AT_A_TIME = 16

/** A store as it was read at one moment. */
export interface StoreScan {
  readonly folders: readonly string[]
  readonly model: StoreModel
  readonly findings: readonly Finding[]
  /** There was more than is looked at. */
  readonly cut: boolean
  /** Changes with whatever an import would take from the store. */
  readonly digest: string
}

/**
 * Reads everything below some folders that may belong to a store. Changes nothing, keeps no seed.
 * @throws RejectedError `NSC_FOLDER_MISSING`; the abort reason.
 */
export async function scanStore(
  folders: readonly string[],
  signal: AbortSignal,
  now: Date = new Date(),
): Promise<StoreScan> {
  const { files, obstacles, cut } = await walkFiles(folders, isStoreFile, signal)
  const items: StoreItem[] = []
  for (let index = 0; index < files.length; index += READ_AT_A_TIME) {
    signal.throwIfAborted()
    const batch = files.slice(index, index + READ_AT_A_TIME)
    items.push(...(await Promise.all(batch.map(readStoreFile))).flat())
  }
  const model = modelOf(items)
  const findings = findingsOf(model, items, obstacles, now)
  return { folders, model, findings, cut, digest: digestOf(items) }
}

function digestOf(items: readonly StoreItem[]): string {
  const hash = createHash('sha256')
  const lines = items.map((item) => {
    if (item.kind === 'damaged') return `${item.path} damaged`
    return `${item.path} ${item.kind === 'key' ? item.publicKey : item.jwt}`
  })
  for (const line of lines.sort()) hash.update(`${line}\n`)
  return hash.digest('hex')
}
