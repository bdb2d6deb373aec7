import type { App, BrowserWindow } from 'electron'
import type { DragFile } from '../files/saved-file.ts'

export interface FileDragOptions {
  readonly app: Pick<App, 'getFileIcon'>
  /** The window that the file is dragged from; undefined while none is open. */
  window(): { readonly webContents: Pick<BrowserWindow['webContents'], 'startDrag'> } | undefined
}

/** Goes on with a drag that the person began in the window, with the file itself under the pointer. */
export function dragFrom(options: FileDragOptions): DragFile {
  return async (path) => {
    // macOS refuses a drag without a picture.
    const icon = await options.app.getFileIcon(path)
    options.window()?.webContents.startDrag({ file: path, icon })
  }
}
