import type { Dirent } from 'node:fs'
import { opendir, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join, sep } from 'node:path'
import type { PathCompletion, PathKind } from '#shared/contract/paths.ts'
import { RejectedError } from '#shared/errors.ts'
import { orAborted } from '../steps/or-aborted.ts'
import { expandHome } from './own-path.ts'

/**
 * Asks the person for a path with a dialog of the system; null where they changed their mind.
 * `startAt` is an absolute path that need not exist, or null.
 */
export type ChoosePath = (order: {
  kind: PathKind
  startAt: string | null
}) => Promise<string | null>

export interface PathServiceOptions {
  /** Null where the host has no dialog. */
  readonly choosePath: ChoosePath | null
  readonly home?: string
}

/** As many as one looks through at a glance; who types on sees the rest. */
const MAX_SUGGESTIONS = 40
/** Entries of a folder that are looked at; a folder of a million files must not hold a call up. */
const MAX_ENTRIES = 5_000
/** A network drive that is gone answers after minutes, if at all. */
const COMPLETE_TIMEOUT_MS = 3_000

const NOTHING: PathCompletion = { folders: [], cut: false }

/** Helps a person to name a folder or file of the computer that runs Muster. */
export class PathService {
  readonly #options: PathServiceOptions
  readonly #home: string

  constructor(options: PathServiceOptions) {
    this.#options = options
    this.#home = options.home ?? homedir()
  }

  ways(): { dialog: boolean } {
    return { dialog: this.#options.choosePath !== null }
  }

  /**
   * Folders whose names begin with the last part of what was typed, regardless of case. Those that
   * are hidden show once a dot is typed. Nothing where the folder is missing, closed or slow: a path
   * that can't be completed can still be typed.
   */
  async complete(typed: string, signal: AbortSignal): Promise<PathCompletion> {
    const path = expandHome(typed.trimStart(), this.#home)
    const cut = Math.max(path.lastIndexOf('/'), sep === '\\' ? path.lastIndexOf('\\') : -1) + 1
    const folder = path.slice(0, cut)
    if (!isAbsolute(folder) || path.includes('\0')) return NOTHING
    const until = AbortSignal.any([signal, AbortSignal.timeout(COMPLETE_TIMEOUT_MS)])
    try {
      return await orAborted(foldersIn(folder, path.slice(cut), until), until)
    } catch {
      signal.throwIfAborted()
      return NOTHING
    }
  }

  /** @throws RejectedError `NO_DIALOG`. */
  async choose(order: { kind: PathKind; startAt: string }): Promise<{ path: string | null }> {
    const { choosePath } = this.#options
    if (choosePath === null) throw noDialog()
    const from = expandHome(order.startAt.trim(), this.#home)
    return {
      path: await choosePath({ kind: order.kind, startAt: isAbsolute(from) ? from : null }),
    }
  }
}

async function foldersIn(
  folder: string,
  begin: string,
  signal: AbortSignal,
): Promise<PathCompletion> {
  const wanted = begin.toLowerCase()
  const names: string[] = []
  let looked = 0
  for await (const entry of await opendir(folder)) {
    signal.throwIfAborted()
    looked += 1
    if (looked > MAX_ENTRIES) break
    const fits = entry.name.toLowerCase().startsWith(wanted)
    const hidden = entry.name.startsWith('.') && !wanted.startsWith('.')
    if (fits && !hidden && (await isFolder(folder, entry))) names.push(entry.name)
  }
  names.sort((one, other) => one.localeCompare(other))
  return {
    folders: names
      .slice(0, MAX_SUGGESTIONS)
      .map((name) => ({ name, path: `${join(folder, name)}${sep}` })),
    cut: names.length > MAX_SUGGESTIONS || looked > MAX_ENTRIES,
  }
}

async function isFolder(folder: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory()
  // Where a link leads is what counts; one that leads nowhere is no folder.
  return stat(join(folder, entry.name)).then(
    (target) => target.isDirectory(),
    () => false,
  )
}

function noDialog(): RejectedError {
  return new RejectedError({
    code: 'NO_DIALOG',
    message: 'Muster runs without a desktop here and has no dialog to ask with.',
    advice: 'Type the path.',
  })
}
