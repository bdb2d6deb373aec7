import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import type { SavedFile } from '#shared/contract/common.ts'
import { messageOf, RejectedError } from '#shared/errors.ts'
import type { DragFile, SaveFile } from '../../files/saved-file.ts'
import type { ReceiptStore } from './receipt-store.ts'

export interface DeliveredFilesOptions {
  readonly receipts: Pick<ReceiptStore, 'receipt'>
  readonly saveFile: SaveFile
  /** Null where the host has no desktop to drag on. */
  readonly dragFile: DragFile | null
}

const MEDIA_TYPES: ReadonlyMap<string, string> = new Map([
  ['.txt', 'text/plain; charset=utf-8'],
  ['.html', 'text/html; charset=utf-8'],
  ['.zip', 'application/zip'],
  ['.gz', 'application/gzip'],
])

/**
 * Gives files of bundles that stand in a folder on: as a copy, or dragged out of the window. Only what is
 * still byte for byte what its receipt tells.
 */
export class DeliveredFiles {
  readonly #options: DeliveredFilesOptions

  constructor(options: DeliveredFilesOptions) {
    this.#options = options
  }

  /**
   * Saves a copy of a file that was handed over.
   * @throws RejectedError `RECEIPT_UNKNOWN`, `BUNDLE_NOT_HERE`, `BUNDLE_FILE_CHANGED`, `FILE_NOT_WRITTEN`.
   */
  async saveCopy(receipt: string, name: string): Promise<SavedFile> {
    const { content } = await this.#verified(receipt, name)
    const mediaType = MEDIA_TYPES.get(extname(name)) ?? 'application/octet-stream'
    return this.#options.saveFile({ name, mediaType, content })
  }

  /**
   * Lets the person drag the file from the window to wherever they drop it.
   * @throws RejectedError as `saveCopy` does, and `DRAG_UNAVAILABLE` where the host has no desktop.
   */
  async drag(receipt: string, name: string): Promise<void> {
    const { path } = await this.#verified(receipt, name)
    const { dragFile } = this.#options
    if (dragFile === null) {
      throw new RejectedError({
        code: 'DRAG_UNAVAILABLE',
        message: 'This Muster runs in a browser, which drags files out by itself.',
        advice: 'Drag the file again, or save a copy of it.',
      })
    }
    await dragFile(path)
  }

  async #verified(receipt: string, name: string): Promise<{ path: string; content: Buffer }> {
    const { files, destination } = this.#options.receipts.receipt(receipt)
    const file = files.find((one) => one.name === name)
    const path = file?.path ?? undefined
    if (file === undefined || path === undefined || destination.kind !== 'folder')
      throw notHere(name, 'it did not go into a folder of this computer')
    const content = await readFile(path).catch((error: unknown) => {
      throw notHere(name, messageOf(error), error)
    })
    if (createHash('sha256').update(content).digest('hex') !== file.sha256) {
      throw new RejectedError({
        code: 'BUNDLE_FILE_CHANGED',
        message: `${path} is not what was handed over any more: its content has changed since.`,
        advice: 'Do not pass it on. Make the bundle again.',
        details: { path },
      })
    }
    return { path, content }
  }
}

function notHere(name: string, why: string, cause?: unknown): RejectedError {
  return new RejectedError({
    code: 'BUNDLE_NOT_HERE',
    message: `${name} can not be copied from here: ${why}.`,
    advice: 'Copy it from where it is now, or make the bundle again.',
    cause,
  })
}
