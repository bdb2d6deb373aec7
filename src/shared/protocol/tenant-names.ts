import { isStrictName } from './names.ts'

/**
 * Names that Windows keeps for devices, whatever extension follows (learn.microsoft.com, "Naming
 * Files, Paths, and Namespaces"): a folder or certificate of that name could not be made there.
 */
const WINDOWS_RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)$/iu

/** Whether Windows keeps a name, without its extension, for a device. */
export function isReservedByWindows(name: string): boolean {
  return WINDOWS_RESERVED.test(name)
}

/** Why a new tenant or credential may not be called so, as a sentence; undefined where it may. */
export function newNameProblem(name: string): string | undefined {
  if (name === '') return 'The name is empty.'
  if (!isStrictName(name)) {
    return name.length > 64
      ? 'The name is longer than 64 characters.'
      : 'The name has characters other than letters, digits, dashes and underscores.'
  }
  if (isReservedByWindows(name)) return 'Windows reserves this name; no file could be called so.'
  return undefined
}

/** Names that are equal by this key are one file on Windows and macOS. */
export function foldedName(name: string): string {
  return name.toLowerCase()
}
