import type { SavedFile } from '#shared/contract/common.ts'
import { messageOf, RejectedError } from '#shared/errors.ts'
import { writeFileAtomic } from './atomic-write.ts'

/** Something for the person to keep as a file of their own. It may be secret. */
export interface FileToSave {
  /** Suggested name, without a folder. */
  readonly name: string
  readonly mediaType: string
  readonly content: string | Uint8Array
}

/**
 * Gives a file to the person, in the way of the host: a dialog asks where to, or the browser
 * downloads it. The content never passes the window's code.
 * @throws RejectedError `FILE_NOT_WRITTEN`.
 */
export type SaveFile = (file: FileToSave) => Promise<SavedFile>

/** Lets the person, who began to drag in the window, drop this file somewhere else. */
export type DragFile = (path: string) => Promise<void>

/**
 * Writes the file where the person chose; owner-only, whole or not at all.
 * @throws RejectedError `FILE_NOT_WRITTEN`.
 */
export async function writeChosenFile(path: string, file: FileToSave): Promise<void> {
  try {
    await writeFileAtomic(path, file.content)
  } catch (error) {
    throw new RejectedError({
      code: 'FILE_NOT_WRITTEN',
      message: `The file could not be written to ${path}: ${messageOf(error)}`,
      advice: 'Choose another folder, or make room on this disk, then save it again.',
      details: { path },
      cause: error,
    })
  }
}
