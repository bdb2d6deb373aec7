import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { PlainFailure, ROOT, run, succeeds } from './run.mjs'
import { installSystemPackages } from './system-packages.mjs'

const OLDEST_NODE_MAJOR = 20
const ELECTRON_DOWNLOAD_TIMEOUT_MS = 180_000

/**
 * Sets up what a command needs, builds the app and does the command's work, whose exit code becomes
 * this process's. What can't be set up is said in one sentence.
 * @param {{ packages: readonly string[], required: boolean }} system Packages of the operating system,
 *   and whether the work makes no sense without them.
 * @param {() => Promise<number>} work
 */
export async function afterSetUp({ packages, required }, work) {
  try {
    requireNode()
    await installPackages()
    await installSystemPackages(packages, { required })
    await build()
    process.exitCode = await work()
  } catch (error) {
    if (!(error instanceof PlainFailure)) throw error
    console.error(error.message)
    process.exitCode = 1
  }
}

/** Fails with one sentence where the Node that runs this script is too old for npm's packages. */
function requireNode() {
  const major = Number(process.versions.node.split('.')[0])
  if (major < OLDEST_NODE_MAJOR) {
    throw new PlainFailure(
      `Muster's scripts need Node.js ${OLDEST_NODE_MAJOR} or newer to begin with; this is ${process.version}.`,
    )
  }
}

/** Installs the npm packages of the lock file, unless that very lock file was installed before. */
async function installPackages() {
  const lock = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex')
  const stamp = join(ROOT, 'node_modules', '.muster-lock')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock && existsSync(nodePath())) return
  console.log('Installing npm packages …')
  const npm = process.env.npm_execpath
  const code =
    npm === undefined
      ? await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
          shell: process.platform === 'win32',
        })
      : await run(process.execPath, [npm, 'ci', '--no-audit', '--no-fund', '--loglevel=error'])
  if (code !== 0)
    throw new PlainFailure('npm could not install the packages; its message stands above.')
  // A person who told npm to ignore install scripts still gets the pinned Node.
  if (!existsSync(nodePath()))
    await run(process.execPath, ['installArchSpecificPackage'], {
      cwd: join(ROOT, 'node_modules', 'node'),
    })
  if (!existsSync(nodePath()))
    throw new PlainFailure('The pinned Node.js (npm package "node") could not be installed.')
  writeFileSync(stamp, lock)
}

/** The pinned Node.js 24 of the checkout. */
export function nodePath() {
  return join(
    ROOT,
    'node_modules',
    'node',
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  )
}

/** The environment in which `node` and the tools of the checkout come first on the PATH. */
export function toolEnvironment() {
  const separator = process.platform === 'win32' ? ';' : ':'
  const bin = join(ROOT, 'node_modules', '.bin')
  // Debian puts servers where an ordinary person's PATH does not look.
  const system = process.platform === 'linux' ? ':/usr/sbin:/sbin' : ''
  return { ...process.env, PATH: `${bin}${separator}${process.env.PATH ?? ''}${system}` }
}

/** Builds the app where a source is newer than the last build. */
async function build() {
  const stamp = join(ROOT, 'out', '.built')
  const builtAt = statSync(stamp, { throwIfNoEntry: false })?.mtimeMs ?? 0
  if (builtAt > newestSource()) return
  console.log('Building …')
  const vite = join(ROOT, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js')
  const code = await run(nodePath(), [vite, 'build', '--logLevel', 'warn'], {
    env: { ...toolEnvironment(), NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const opener = join(ROOT, 'scripts', 'build-opener.mjs')
  if (code !== 0 || (await run(nodePath(), [opener], { env: toolEnvironment() })) !== 0) {
    throw new PlainFailure('The build failed; its message stands above.')
  }
  mkdirSync(join(ROOT, 'out'), { recursive: true })
  writeFileSync(stamp, '')
}

function newestSource() {
  const roots = [
    'src',
    'resources',
    'electron.vite.config.ts',
    'vite.renderer.config.ts',
    'scripts/build-opener.mjs',
    'package-lock.json',
  ]
  return Math.max(...roots.map((root) => newestIn(join(ROOT, root))))
}

function newestIn(path) {
  const entry = statSync(path, { throwIfNoEntry: false })
  if (entry === undefined) return 0
  if (!entry.isDirectory()) return entry.mtimeMs
  return Math.max(entry.mtimeMs, ...readdirSync(path).map((name) => newestIn(join(path, name))))
}

/** Whether windows can be shown here. */
export function hasDisplay() {
  if (process.platform !== 'linux') return true
  return Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY)
}

/**
 * The Electron binary, fetched on first use; undefined where its host can't be reached, and the
 * app then runs in the browser host.
 */
export async function electronPath() {
  const folder = join(ROOT, 'node_modules', 'electron')
  const pathFile = join(folder, 'path.txt')
  if (!existsSync(pathFile)) {
    console.log("Fetching Electron's binary …")
    succeeds(process.execPath, ['install.js'], {
      cwd: folder,
      timeout: ELECTRON_DOWNLOAD_TIMEOUT_MS,
    })
  }
  if (!existsSync(pathFile)) return undefined
  const path = join(folder, 'dist', readFileSync(pathFile, 'utf8'))
  return existsSync(path) ? path : undefined
}
