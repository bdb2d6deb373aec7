import { execFile } from 'node:child_process'
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const MODULE = 'github.com/nats-io/nats-server/v2'
const INSTALL_TIMEOUT_MS = 240_000
const run = promisify(execFile)

/** The latest of each line that is out in the field, next to whatever is on the PATH. */
export const NEWER_VERSIONS = ['v2.10.27', 'v2.12.15', 'v2.15.2'] as const

export type NatsServerBinary =
  | { readonly path: string }
  /** Why there is none, in one line. */
  | { readonly missing: string }

/**
 * A nats-server of this version, built once by this machine's Go into the user's cache folder. Never
 * throws; without Go or modules the answer says so.
 */
export async function natsServerOf(version: string): Promise<NatsServerBinary> {
  const folder = join(cacheFolder(), 'muster-nats-servers', version)
  const name = process.platform === 'win32' ? 'nats-server.exe' : 'nats-server'
  const path = join(folder, name)
  try {
    await access(path)
    return { path }
  } catch {
    // Not there yet.
  }
  try {
    await mkdir(folder, { recursive: true })
    const bin = await mkdtemp(join(folder, 'build-'))
    try {
      await run('go', ['install', `${MODULE}@${version}`], {
        env: { ...process.env, GOBIN: bin, GOFLAGS: '-buildvcs=false' },
        timeout: INSTALL_TIMEOUT_MS,
      })
      await rename(join(bin, name), path)
      return { path }
    } finally {
      await rm(bin, { recursive: true, force: true })
    }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    return {
      missing: text.split('\n').findLast((line) => line.trim() !== '') ?? 'it did not build',
    }
  }
}

function cacheFolder(): string {
  return process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
}
