import { execFile } from 'node:child_process'
import { access, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'

const LATEST = 'github.com/nats-io/nsc/v2@latest'
/** A module whose go.mod and go.sum pin an nsc, for where the newest is not to be had. */
const PINNED = join(import.meta.dirname, 'nsc')

const INSTALL_TIMEOUT_MS = 280_000
const RUN_TIMEOUT_MS = 60_000
/** Suites of one run don't each wait for a proxy that does not answer. */
const REMEMBER_FAILURE_MS = 10 * 60_000

export type NscTool =
  | { readonly path: string; readonly version: string }
  /** Why there is none, in one line. */
  | { readonly missing: string }

/**
 * nsc, built once by this machine's Go into the user's cache folder: the newest where the module proxy
 * lists it, else the pinned one. Never throws; without Go or modules the answer says so.
 */
export async function nscTool(): Promise<NscTool> {
  const folder = join(cacheFolder(), 'muster-interop-nsc')
  const path = join(folder, process.platform === 'win32' ? 'nsc.exe' : 'nsc')
  try {
    await access(path)
    return { path, version: await readFile(join(folder, 'version'), 'utf8') }
  } catch {
    // Not there yet.
  }
  const failure = await recentFailure(folder)
  if (failure !== undefined) return { missing: failure }
  try {
    await run('go', ['version'], {})
  } catch {
    return { missing: 'there is no Go on the PATH' }
  }
  await mkdir(folder, { recursive: true })
  const bin = await mkdtemp(join(folder, 'build-'))
  try {
    const version = await build(bin)
    await writeFile(join(folder, 'version'), version)
    await rename(join(bin, process.platform === 'win32' ? 'nsc.exe' : 'nsc'), path)
    return { path, version }
  } catch (error) {
    const reason = lastLine(error)
    await writeFile(join(folder, 'failure'), reason)
    return { missing: reason }
  } finally {
    await rm(bin, { recursive: true, force: true })
  }
}

async function build(bin: string): Promise<string> {
  try {
    await run('go', ['install', LATEST], { env: { GOBIN: bin }, timeoutMs: INSTALL_TIMEOUT_MS })
    return 'latest'
  } catch {
    const output = join(bin, process.platform === 'win32' ? 'nsc.exe' : 'nsc')
    await run('go', ['build', '-o', output, 'github.com/nats-io/nsc/v2'], {
      cwd: PINNED,
      timeoutMs: INSTALL_TIMEOUT_MS,
    })
    const mod = await readFile(join(PINNED, 'go.mod'), 'utf8')
    return /nats-io\/nsc\/v2 (\S+)/u.exec(mod)?.[1] ?? 'pinned'
  }
}

/** nsc with folders of its own: `run('add', 'account', 'x')`. */
export class NscHome {
  readonly home: string
  readonly #path: string

  constructor(path: string, home: string) {
    this.#path = path
    this.home = home
  }

  /** The folders as nsc lays them out by default below a home folder. */
  get data(): string {
    return join(this.home, '.local', 'share', 'nats', 'nsc')
  }

  /** Resolves with what it printed on both outputs; rejects with it where nsc fails. */
  run(...args: readonly string[]): Promise<string> {
    const env = { HOME: this.home, XDG_DATA_HOME: '', XDG_CONFIG_HOME: '', NSC_NO_GIT_IGNORE: '' }
    return run(this.#path, args, { env })
  }

  /** The same on folders that somebody else wrote. */
  on(folder: string, ...args: readonly string[]): Promise<string> {
    const dirs = [
      '--config-dir',
      join(folder, 'config'),
      '--data-dir',
      join(folder, 'stores'),
      '--keystore-dir',
      join(folder, 'keys'),
    ]
    return this.run(...dirs, ...args)
  }
}

/** An nsc with a temporary home folder. */
export async function openNsc(path: string): Promise<NscHome> {
  return new NscHome(path, await mkdtemp(join(tmpdir(), 'muster-nsc-')))
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly timeoutMs?: number
}

function run(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { env = {}, cwd, timeoutMs = RUN_TIMEOUT_MS } = options
  const set = Object.fromEntries(
    Object.entries({ ...process.env, ...env }).filter(([, value]) => value !== ''),
  )
  return new Promise((resolve, reject) => {
    execFile(
      command,
      args,
      { env: set, cwd, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error === null) resolve(`${stdout}${stderr}`)
        else
          reject(
            new Error(`${stdout}${stderr}`.trim() === '' ? error.message : `${stdout}${stderr}`),
          )
      },
    )
  })
}

async function recentFailure(folder: string): Promise<string | undefined> {
  const path = join(folder, 'failure')
  const failed = await stat(path).catch(() => undefined)
  if (failed === undefined || Date.now() - failed.mtimeMs > REMEMBER_FAILURE_MS) return undefined
  return `${await readFile(path, 'utf8')} (${path} remembers it for ten minutes)`
}

function cacheFolder(): string {
  const { XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = process.env
  if (process.platform === 'win32' && local !== undefined) return local
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches')
  return xdg !== undefined && xdg !== '' ? xdg : join(homedir(), '.cache')
}

function lastLine(error: unknown): string {
  const lines = String(error instanceof Error ? error.message : error)
    .trim()
    .split('\n')
  return (lines.at(-1) ?? '').slice(0, 300)
}
