import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

const VERSION = '0.2.5'

/**
 * The reference implementation of the protocol, and what its commissioning server, its selector
 * commands and its registry import without demanding it.
 */
const PACKAGES = [
  `device-connect-edge==${VERSION}`,
  `device-connect-server==${VERSION}`,
  `device-connect-agent-tools==${VERSION}`,
  'aiohttp>=3.9,<4',
  'bcrypt>=4,<6',
  'etcd3gw>=2.4,<3',
]

/** Imported to see whether an environment is whole: one that was cut off mid-install is not. */
const MODULES =
  'aiohttp, bcrypt, etcd3gw, device_connect_agent_tools, device_connect_edge, device_connect_server'

const PROBE_TIMEOUT_MS = 30_000
const INSTALL_TIMEOUT_MS = 240_000
/** Suites of one run don't each wait for an index that does not answer. */
const REMEMBER_FAILURE_MS = 10 * 60_000

export type PythonReference =
  /** Path of a Python that can import the reference. */
  | { readonly python: string }
  /** Why there is none, in one line. */
  | { readonly missing: string }

/**
 * A Python environment with the reference implementation in the user's cache folder: made once,
 * used again by every later run. Never throws; where Python, its `venv` or a package index is not
 * there, the answer says so.
 */
export async function pythonReference(): Promise<PythonReference> {
  const system = await findPython()
  if (system === undefined) return { missing: 'there is no Python 3.11 or newer on the PATH' }
  try {
    const contents = createHash('sha256').update(PACKAGES.join('\n')).digest('hex').slice(0, 8)
    const name = `muster-interop-${VERSION}-py${system.version}-${contents}`
    const folder = join(cacheFolder(), name)
    const known = await readFile(join(folder, 'python'), 'utf8').catch(() => '')
    if (await canImport(known)) return { python: known }
    const failure = await recentFailure(folder)
    if (failure !== undefined) return { missing: failure }
    return { python: await install(system.command, folder) }
  } catch (error) {
    return { missing: lastLine(error) }
  }
}

/**
 * Makes an environment in a folder of its own and notes it only when it is whole, so that neither a
 * run that is cut off nor two runs at a time leave a broken one.
 */
async function install(command: string, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  const environment = await mkdtemp(join(folder, 'venv-'))
  try {
    const python =
      process.platform === 'win32'
        ? join(environment, 'Scripts', 'python.exe')
        : join(environment, 'bin', 'python')
    const late = AbortSignal.timeout(INSTALL_TIMEOUT_MS)
    await run(command, ['-m', 'venv', environment], late)
    const quiet = [
      '--quiet',
      '--no-input',
      '--disable-pip-version-check',
      '--retries',
      '1',
      '--timeout',
      '15',
    ]
    await run(python, ['-m', 'pip', 'install', ...quiet, ...PACKAGES], late)
    await run(python, ['-c', `import ${MODULES}`], late)
    await writeFile(join(environment, 'path'), python)
    await rename(join(environment, 'path'), join(folder, 'python'))
    return python
  } catch (error) {
    await rm(environment, { recursive: true, force: true })
    await writeFile(join(folder, 'failure'), lastLine(error))
    throw error
  }
}

/** Why the last attempt failed, where that was just now. */
async function recentFailure(folder: string): Promise<string | undefined> {
  const path = join(folder, 'failure')
  const failed = await stat(path).catch(() => undefined)
  if (failed === undefined || Date.now() - failed.mtimeMs > REMEMBER_FAILURE_MS) return undefined
  return `${await readFile(path, 'utf8')} (${path} remembers it for ten minutes)`
}

async function canImport(python: string): Promise<boolean> {
  if (python === '') return false
  return access(python)
    .then(() => run(python, ['-c', `import ${MODULES}`], AbortSignal.timeout(PROBE_TIMEOUT_MS)))
    .then(
      () => true,
      () => false,
    )
}

/** The reference demands 3.11. */
async function findPython(): Promise<{ command: string; version: string } | undefined> {
  const question =
    'import sys; print("%d.%d" % sys.version_info[:2]); sys.version_info >= (3, 11) or sys.exit(1)'
  for (const command of ['python3', 'python']) {
    const answer = await run(
      command,
      ['-c', question],
      AbortSignal.timeout(PROBE_TIMEOUT_MS),
    ).catch(() => '')
    if (answer !== '') return { command, version: answer.trim() }
  }
  return undefined
}

function cacheFolder(): string {
  const { XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = process.env
  if (process.platform === 'win32' && local !== undefined) return local
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches')
  return xdg !== undefined && xdg !== '' ? xdg : join(homedir(), '.cache')
}

/** Resolves with what it printed; rejects with what it complained about. */
function run(command: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { signal, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else if (signal.aborted) reject(new Error(`${command} ${args[1] ?? ''} took too long`))
      else reject(new Error(stderr.trim() === '' ? error.message : stderr))
    })
  })
}

/** Tools end their complaints with what it comes down to. */
function lastLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.trim().split('\n').at(-1) ?? text
}
