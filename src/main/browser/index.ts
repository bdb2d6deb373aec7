import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { toMusterError } from '#shared/errors.ts'
import packageJson from '../../../package.json' with { type: 'json' }
import { createApp, type App } from '../app.ts'
import { readStartOptions, type StartOptions } from '../options.ts'
import { loadStaticFiles } from '../web/static-files.ts'
import { Downloads } from './downloads.ts'
import { forkSidecar } from './fork-sidecar.ts'
import { openAppWindow } from './open-window.ts'
import { startBrowserServer, type BrowserServer } from './server.ts'

// The browser host: the same app, served to a browser of this machine.

const say = (line: string) => void process.stdout.write(`${line}\n`)

async function main(): Promise<void> {
  const options = readStartOptions(process.argv.slice(2))
  const downloads = new Downloads()
  const app = await createApp({
    host: {
      kind: 'browser',
      version: packageJson.version,
      packaged: false,
      resourcesFolder: null,
      spawnRegistry: () => forkSidecar(join(import.meta.dirname, 'registry.js')),
      saveFile: downloads.offer,
      dragFile: null,
      choosePath: null,
    },
    profile: options.profile,
    demo: options.demo,
    discoverOn: options.discoverOn,
  })
  const server = await startBrowserServer({
    router: app.router,
    downloads,
    files: await loadStaticFiles(join(import.meta.dirname, '..', 'renderer')),
    port: options.port,
    log: app.log.part('browser'),
  }).catch(async (error: unknown) => {
    await app.close()
    throw error
  })
  endOnSignals(app, server)
  announce(options, server, app)
}

/** Tells how to open the app, and mints another link for each line that is entered. */
function announce(options: StartOptions, server: BrowserServer, app: App): void {
  const tell = (type: 'ready' | 'link') => {
    const url = server.mintUrl()
    say(options.json ? JSON.stringify({ type, url, pid: process.pid }) : `Open ${url}`)
  }
  const window = options.open
    ? openAppWindow(server.mintUrl(), join(options.profile.folder, 'window'))
    : undefined
  if (window === undefined || options.json) tell('ready')
  else window.onClosed(() => void end(app, server, 0))
  if (!options.json) say('The link works once. Press Enter for another, Ctrl-C to end.')
  createInterface({ input: process.stdin }).on('line', () => tell('link'))
}

function endOnSignals(app: App, server: BrowserServer): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => void end(app, server, 0))
  }
}

async function end(app: App, server: BrowserServer, code: number): Promise<never> {
  await server.close()
  await app.close()
  // A keychain prompt of the system that nobody answers would keep the process alive.
  process.exit(code)
}

main().catch((thrown: unknown) => {
  const error = toMusterError(thrown)
  process.stderr.write(`${error.message}\n${error.advice}\n`)
  process.exit(1)
})
