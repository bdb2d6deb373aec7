import { readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { RejectedError } from '#shared/errors.ts'

/** A home folder that somebody named by mistake must end soon, and say that it did. */
const MAX_ENTRIES = 40_000
const MAX_DEPTH = 16

/** Folders that hold nothing of ours and a great deal else. */
const SKIPPED = new Set(['node_modules', '.git', '.cache', '.npm', '.venv'])

/** Something that could not be looked at, and why. */
export interface Obstacle {
  readonly path: string
  readonly reason: 'unreadable' | 'loop'
}

export interface Walk {
  /** Paths of the files that `wanted` named, in the order of their names. */
  readonly files: readonly string[]
  readonly obstacles: readonly Obstacle[]
  /** There was more than is looked at. */
  readonly cut: boolean
}

/**
 * Lists files below some folders. Follows symbolic links, each folder once, so that a link to a folder
 * above ends nothing but itself. A root that is not there is skipped.
 * @throws the abort reason; RejectedError `NSC_FOLDER_MISSING` where none of the roots is there.
 */
export async function walkFiles(
  roots: readonly string[],
  wanted: (name: string) => boolean,
  signal: AbortSignal,
): Promise<Walk> {
  const walking = new Walking(wanted, signal)
  let there = 0
  for (const root of roots) if (await walking.enter(root, 0)) there += 1
  if (there === 0) {
    throw new RejectedError({
      code: 'NSC_FOLDER_MISSING',
      message: 'There is no such folder.',
      advice: 'Check the path. It is a path on the computer that runs Muster.',
    })
  }
  return walking
}

class Walking implements Walk {
  readonly files: string[] = []
  readonly obstacles: Obstacle[] = []
  cut = false
  readonly #wanted: (name: string) => boolean
  readonly #signal: AbortSignal
  /** Real paths of folders and files that were seen. */
  readonly #seen = new Set<string>()
  #entries = 0

  constructor(wanted: (name: string) => boolean, signal: AbortSignal) {
    this.#wanted = wanted
    this.#signal = signal
  }

  /** Whether there is such a folder. */
  async enter(folder: string, depth: number): Promise<boolean> {
    this.#signal.throwIfAborted()
    if (depth > MAX_DEPTH) {
      this.cut = true
      return true
    }
    let names: string[]
    try {
      const real = await realpath(folder)
      if (this.#seen.has(real)) return true
      this.#seen.add(real)
      names = (await readdir(folder)).sort()
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false
      this.obstacles.push({
        path: folder,
        reason: codeOf(error) === 'ELOOP' ? 'loop' : 'unreadable',
      })
      return true
    }
    for (const name of names) await this.#look(join(folder, name), name, depth)
    return true
  }

  async #look(path: string, name: string, depth: number): Promise<void> {
    this.#entries += 1
    if (this.#entries > MAX_ENTRIES) {
      this.cut = true
      return
    }
    try {
      const facts = await stat(path)
      if (facts.isDirectory()) {
        if (!SKIPPED.has(name)) await this.enter(path, depth + 1)
      } else if (facts.isFile() && this.#wanted(name)) {
        await this.#take(path)
      }
    } catch (error) {
      this.#signal.throwIfAborted()
      const code = codeOf(error)
      // A link to nowhere is of no interest unless it has a name that would be.
      if (code === 'ENOENT' && !this.#wanted(name)) return
      this.obstacles.push({ path, reason: code === 'ELOOP' ? 'loop' : 'unreadable' })
    }
  }

  async #take(path: string): Promise<void> {
    const real = await realpath(path)
    if (this.#seen.has(real)) return
    this.#seen.add(real)
    this.files.push(path)
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
