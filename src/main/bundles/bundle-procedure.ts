import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { InternalError } from '#shared/errors.ts'
import type { ProcedureKind } from '../steps/procedure.ts'
import type { BundleAuthority } from './collaborators.ts'
import { PART_ENDING, partPrefix } from './deliver/write-verified.ts'
import { sha256Of } from './manifest/sign-manifest.ts'

const State = z.strictObject({
  id: z.string(),
  name: z.string(),
  /** Keys (U…) that were made for it. */
  keys: z.array(z.string()),
  /** Credentials (of the ledger) that these keys had before: a device that made its own key may have some. */
  before: z.array(z.string()).default([]),
  /** Where it is written to; null where that is no folder of this computer. */
  folder: z.string().nullable(),
  /** Id of the removable drive that the folder is on. */
  drive: z.string().nullable().default(null),
  /** Files that are being written, or were. */
  files: z.array(z.strictObject({ name: z.string(), sha256: z.string() })),
  sealed: z.boolean(),
  /** Whether somebody may have what is taken back. */
  seen: z.boolean(),
})
export type BundleState = z.infer<typeof State>

/**
 * What a bundle is made of, in memory: private keys must not be in the journal. So one that a crash cut off
 * can't be resumed, and is taken back: what was issued is struck, what was written removed.
 */
export interface BundleWork {
  /** Makes the keys; returns their public parts. */
  makeKeys(): readonly string[]
  /** Issues, lays out and seals; returns what will be written. */
  prepare(): Promise<BundleState['files']>
  deliver(signal: AbortSignal): Promise<void>
  takeBack(): Promise<void>
  /** Whether certainly nobody got any of it. */
  untouched(): boolean
  record(): void
}

export interface BundleProcedureOptions {
  readonly authority: BundleAuthority
  /** The work of a bundle that runs now; undefined after a restart. */
  workOf(id: string): BundleWork | undefined
  /** Where a removable drive is mounted now; null where it is not plugged in. */
  folderOfDrive(id: string, signal: AbortSignal): Promise<string | null>
}

/** The files of something else are never touched: only what has the very name and content. */
const MAX_REMOVED_BYTES = 512 * 1024 * 1024

export function bundleProcedure(options: BundleProcedureOptions): ProcedureKind<BundleState> {
  const { authority } = options
  const work = (id: string): BundleWork => {
    const running = options.workOf(id)
    if (running === undefined) throw interrupted()
    return running
  }
  return {
    kind: 'bundle',
    state: State,
    subject: ({ id }) => `bundle:${id}`,
    describe: ({ name }) => `Hand over the bundle ${name}`,
    needs: 'mesh',
    atStart: 'roll-back',
    onFailure: 'roll-back',
    steps: [
      {
        name: 'Issue the credentials',
        run: async (begun, { save }) => {
          const keys = [...work(begun.id).makeKeys()]
          const before = keys.flatMap((key) => idsOf(authority, key))
          const state = { ...begun, keys, before }
          save(state)
          return { ...state, files: await work(state.id).prepare() }
        },
        undo: async (state, { signal }) => {
          const before = new Set(state.before)
          await authority.strikeAll(
            state.keys.flatMap((key) => idsOf(authority, key)).filter((id) => !before.has(id)),
            `The bundle ${state.name} was not handed over.`,
            state.seen,
            signal,
          )
          return { ...state, keys: [], before: [], files: [] }
        },
      },
      {
        name: 'Write the bundle',
        run: async (state, { signal }) => {
          await work(state.id).deliver(signal)
          return state
        },
        undo: async (state, { signal }) => {
          const running = options.workOf(state.id)
          await running?.takeBack()
          if (running?.untouched() === true) return { ...state, seen: false }
          const folder =
            state.drive === null ? state.folder : await options.folderOfDrive(state.drive, signal)
          const gone = folder !== null && (await removeRests(folder, state.files))
          // What stood open on a medium can be read off it after it was deleted.
          return { ...state, seen: !gone || !state.sealed }
        },
      },
      {
        name: 'Record it',
        run: (state) => {
          work(state.id).record()
          return Promise.resolve(state)
        },
      },
    ],
  }
}

function idsOf({ ledger }: BundleAuthority, publicKey: string): string[] {
  return ledger.entriesOfKey(publicKey).map(({ id }) => id)
}

/**
 * Removes what a crash or a failure left of files, finished or half written. Tells whether all of them are
 * gone for certain.
 */
async function removeRests(folder: string, files: BundleState['files']): Promise<boolean> {
  for (const path of await restsIn(folder, files)) {
    await rm(path, { force: true }).catch(() => undefined)
  }
  try {
    await readdir(folder)
    return (await restsIn(folder, files)).length === 0
  } catch {
    // The stick was pulled, with whatever is on it.
    return false
  }
}

async function restsIn(folder: string, files: BundleState['files']): Promise<string[]> {
  const present: string[] = await readdir(folder).catch(() => [])
  const rests: string[] = []
  for (const { name, sha256 } of files) {
    const halves = present.filter(
      (other) => other.startsWith(partPrefix(name, sha256)) && other.endsWith(PART_ENDING),
    )
    rests.push(...halves.map((half) => join(folder, half)))
    const path = join(folder, name)
    if (present.includes(name) && (await isFile(path, sha256))) rests.push(path)
  }
  return rests
}

async function isFile(path: string, sha256: string): Promise<boolean> {
  try {
    if ((await stat(path)).size > MAX_REMOVED_BYTES) return false
    return sha256Of(await readFile(path)) === sha256
  } catch {
    return false
  }
}

function interrupted(): InternalError {
  return new InternalError({
    code: 'BUNDLE_INTERRUPTED',
    message: 'Muster was ended while it made this bundle, and the keys that were in it are gone.',
    advice: 'Take it back (Keys, Unfinished), then make the bundle anew.',
  })
}
