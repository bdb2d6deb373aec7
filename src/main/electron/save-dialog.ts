import type { BrowserWindow, Dialog } from 'electron'
import { extname } from 'node:path'
import type { SavedFile } from '#shared/contract/common.ts'
import { writeChosenFile, type FileToSave } from '../files/saved-file.ts'

export interface SaveDialogOptions {
  readonly dialog: Pick<Dialog, 'showSaveDialog'>
  /** The window that the dialog belongs to; undefined while none is open. */
  window(): BrowserWindow | undefined
}

/** Asks where to save a file, and writes it there. @throws RejectedError `FILE_NOT_WRITTEN`. */
export async function saveByDialog(
  options: SaveDialogOptions,
  file: FileToSave,
): Promise<SavedFile> {
  const { dialog } = options
  const extension = extname(file.name).slice(1)
  const shown = {
    defaultPath: file.name,
    filters: extension === '' ? [] : [{ name: extension.toUpperCase(), extensions: [extension] }],
  }
  const parent = options.window()
  const { canceled, filePath } = await (parent === undefined
    ? dialog.showSaveDialog(shown)
    : dialog.showSaveDialog(parent, shown))
  if (canceled || filePath === '') return { type: 'cancelled' }
  await writeChosenFile(filePath, file)
  return { type: 'saved', path: filePath }
}
