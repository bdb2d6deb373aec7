import type { BrowserWindow, Dialog, OpenDialogOptions } from 'electron'
import type { ChoosePath } from '../paths/path-service.ts'

export interface PathDialogOptions {
  readonly dialog: Pick<Dialog, 'showOpenDialog'>
  /** The window that the dialog belongs to; undefined while none is open. */
  window(): BrowserWindow | undefined
}

/** Asks for a folder or file with the system's dialog; a folder may be made in it. */
export function chooseByDialog(options: PathDialogOptions): ChoosePath {
  const { dialog } = options
  return async ({ kind, startAt }) => {
    const shown: OpenDialogOptions = {
      properties:
        kind === 'folder'
          ? ['openDirectory', 'createDirectory', 'promptToCreate', 'showHiddenFiles']
          : ['openFile', 'showHiddenFiles', 'dontAddToRecent'],
      ...(startAt === null ? {} : { defaultPath: startAt }),
    }
    const parent = options.window()
    const { canceled, filePaths } = await (parent === undefined
      ? dialog.showOpenDialog(shown)
      : dialog.showOpenDialog(parent, shown))
    return canceled ? null : (filePaths[0] ?? null)
  }
}
