import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { messageOf, RejectedError } from '#shared/errors.ts'

/** Oldest nats-server that Muster works with. */
const MINIMUM_VERSION = [2, 9] as const

const VERSION_TIMEOUT_MS = 10_000
const VERSION_OUTPUT_BYTES = 64 * 1024

/**
 * Where package managers put programs that the PATH of a desktop session often lacks: Debian
 * installs nats-server into /usr/sbin, and macOS starts apps with the system's folders only.
 */
const USUAL_FOLDERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: ['/usr/local/bin', '/usr/local/sbin', '/usr/bin', '/usr/sbin'],
  darwin: ['/opt/homebrew/bin', '/usr/local/bin', '/opt/local/bin'],
}

export interface NatsServerBinary {
  readonly path: string
  /** As the binary reports it, without the `v`, for example `2.9.10`. */
  readonly version: string
}

export interface BinarySearch {
  /** The path named in the settings; when set, nothing else is tried. */
  readonly settingsPath: string | null
  /** Folder of the packaged app's resources. */
  readonly resourcesFolder: string | null
  /** `PATH` unless told, for tests. */
  readonly searchPath?: string
  readonly platform?: NodeJS.Platform
}

/**
 * Finds nats-server (settings, packaged resources, PATH, usual folders) and checks its version.
 * @throws RejectedError `NATS_SERVER_MISSING`, `NATS_SERVER_UNUSABLE`, `NATS_SERVER_TOO_OLD`
 */
export async function findNatsServer(
  search: BinarySearch,
  signal: AbortSignal,
): Promise<NatsServerBinary> {
  const platform = search.platform ?? process.platform
  const path = await firstExecutable(candidatesOf(search, platform))
  signal.throwIfAborted()
  if (path === undefined) throw missing(search.settingsPath, platform)
  const version = await versionOf(path, platform, signal)
  requireRecent(version, path, platform)
  return { path, version }
}

function candidatesOf(search: BinarySearch, platform: NodeJS.Platform): string[] {
  if (search.settingsPath !== null) return [search.settingsPath]
  const file = platform === 'win32' ? 'nats-server.exe' : 'nats-server'
  const onPath = (search.searchPath ?? process.env['PATH'] ?? '').split(delimiter)
  const usual = search.searchPath === undefined ? (USUAL_FOLDERS[platform] ?? []) : []
  return [search.resourcesFolder ?? '', ...onPath, ...usual]
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, file))
}

async function firstExecutable(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    try {
      await access(path, constants.X_OK)
      return path
    } catch {
      // Not here, or not ours to run: the next place.
    }
  }
  return undefined
}

async function versionOf(
  path: string,
  platform: NodeJS.Platform,
  signal: AbortSignal,
): Promise<string> {
  try {
    const output = await run(path, ['--version'], signal)
    const version = /nats-server:\s*v?(\d+\.\d+\.\d+\S*)/u.exec(output)?.[1]
    if (version !== undefined) return version
    throw unusable(path, platform, undefined)
  } catch (error) {
    signal.throwIfAborted()
    throw error instanceof RejectedError ? error : unusable(path, platform, error)
  }
}

function run(path: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      path,
      args,
      { timeout: VERSION_TIMEOUT_MS, maxBuffer: VERSION_OUTPUT_BYTES, signal, windowsHide: true },
      (error, stdout, stderr) => (error === null ? resolve(`${stdout}${stderr}`) : reject(error)),
    )
  })
}

function requireRecent(version: string, path: string, platform: NodeJS.Platform): void {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  const [wantedMajor, wantedMinor] = MINIMUM_VERSION
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return
  throw new RejectedError({
    code: 'NATS_SERVER_TOO_OLD',
    message: `The nats-server at ${path} is version ${version}. Muster needs 2.9 or newer for its local mesh.`,
    advice: howToGet(platform),
    details: { path, version },
  })
}

function missing(settingsPath: string | null, platform: NodeJS.Platform): RejectedError {
  return new RejectedError({
    code: 'NATS_SERVER_MISSING',
    message:
      settingsPath === null
        ? 'The program nats-server, which carries the local mesh, was not found on this computer.'
        : `There is no program that can be run at ${settingsPath}, where the settings say that nats-server is.`,
    advice:
      settingsPath === null
        ? howToGet(platform)
        : `Correct the path in Settings, or empty it to let Muster search. ${howToGet(platform)}`,
    details: { path: settingsPath },
  })
}

function unusable(path: string, platform: NodeJS.Platform, error: unknown): RejectedError {
  const why = error === undefined ? 'it does not tell a version' : messageOf(error).split('\n')[0]
  return new RejectedError({
    code: 'NATS_SERVER_UNUSABLE',
    message: `The program at ${path} can not be used as nats-server: ${why}.`,
    advice: howToGet(platform),
    details: { path },
    cause: error,
  })
}

function howToGet(platform: NodeJS.Platform): string {
  const afterwards = 'Then try again, or name its path in Settings.'
  if (platform === 'darwin') return `Install it with “brew install nats-server”. ${afterwards}`
  if (platform === 'win32') {
    return `Install it with “scoop install nats-server”, or unpack the zip for Windows from github.com/nats-io/nats-server/releases. ${afterwards}`
  }
  return `Install it with “sudo apt install nats-server” (Debian 12, Ubuntu 24.04 or newer), or take the package of your architecture from github.com/nats-io/nats-server/releases. ${afterwards}`
}
