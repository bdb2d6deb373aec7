import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { connectClient, type Client } from './contract-client.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const START_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 20_000

export interface MusterProcessOptions {
  readonly profile: string
  /** Secrets in memory only. */
  readonly demo?: boolean
  /** Electron's binary; without it the browser host. */
  readonly electron?: string | undefined
  /** Interfaces to look for devices on; loopback unless told. */
  readonly discoverOn?: readonly string[]
  readonly environment?: NodeJS.ProcessEnv
  /** Lets a test driver into Electron's windows; its address is then `driver`. */
  readonly driven?: boolean
}

/** A Muster of its own, built from this checkout, that speaks to scripts. */
export class MusterProcess {
  readonly child: ChildProcess
  /** What it wrote to standard error, for a failing run. */
  errors = ''
  /** The lines that it wrote to standard output; one-time links are among them. */
  output = ''
  readonly #links: ((url: string) => void)[] = []

  private constructor(child: ChildProcess) {
    this.child = child
    child.stderr?.on('data', (data: Buffer) => {
      this.errors += data.toString('utf8')
    })
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on('line', (line) => this.#receive(line))
    }
  }

  /** Starts it and resolves with its first one-time URL. Rejects with its own words where it ends. */
  static async start(
    options: MusterProcessOptions,
  ): Promise<{ muster: MusterProcess; url: string }> {
    const entry =
      options.electron === undefined
        ? [join(ROOT, 'out/main/browser.js')]
        : [ROOT, '--serve', ...(options.driven === true ? ['--remote-debugging-port=0'] : [])]
    const demo = options.demo === true ? ['--demo'] : []
    const discoverOn = (options.discoverOn ?? ['127.0.0.1']).flatMap((address) => [
      '--discover-on',
      address,
    ])
    const child = spawn(
      options.electron ?? process.execPath,
      [...entry, '--json', '--profile', options.profile, ...demo, ...discoverOn],
      {
        cwd: ROOT,
        stdio: ['pipe', 'pipe', 'pipe'],
        // A group of its own: Ctrl-C ends the demo in order, not everything at once.
        detached: process.platform !== 'win32',
        env: { ...process.env, ...options.environment },
      },
    )
    const muster = new MusterProcess(child)
    const ended = once(child, 'exit').then(() => {
      throw new Error(`Muster ended before it was ready.\n${muster.errors}`)
    })
    const late = AbortSignal.timeout(START_TIMEOUT_MS)
    const timeout = once(late, 'abort').then(() => {
      throw new Error(`Muster was not ready after ${START_TIMEOUT_MS} ms.\n${muster.errors}`)
    })
    const url = await Promise.race([muster.#nextLink(), ended, timeout]).catch(
      async (error: unknown) => {
        await muster.stop()
        throw error
      },
    )
    return { muster, url }
  }

  get pid(): number {
    return this.child.pid ?? -1
  }

  /** Where Electron takes a test driver (Chrome DevTools Protocol), as its Chromium announced it. */
  get driver(): string {
    const [, address] = /^DevTools listening on (ws:\S+)$/mu.exec(this.errors) ?? []
    if (address === undefined) throw new Error(`Electron takes no test driver.\n${this.errors}`)
    return address
  }

  /** Another one-time URL (browser host only). */
  async mintUrl(): Promise<string> {
    const link = this.#nextLink()
    this.child.stdin?.write('\n')
    return link
  }

  /** Ends it in order, and by force where it does not. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const exited = once(this.child, 'exit')
    this.child.kill('SIGTERM')
    const force = setTimeout(() => this.child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await exited
    clearTimeout(force)
  }

  /** Ends it without giving it a chance to clean up, as a crash does. */
  async kill(): Promise<void> {
    const exited = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await exited
  }

  #nextLink(): Promise<string> {
    return new Promise((resolveLink) => this.#links.push(resolveLink))
  }

  #receive(line: string): void {
    this.output += `${line}\n`
    if (!line.startsWith('{')) return
    const message = JSON.parse(line) as { url?: string }
    if (message.url !== undefined) this.#links.shift()?.(message.url)
  }
}

/** Starts a Muster and a client of its contract. */
export async function startMuster(
  options: MusterProcessOptions,
): Promise<{ muster: MusterProcess; client: Client; close(): Promise<void> }> {
  const { muster, url } = await MusterProcess.start(options)
  try {
    const window = await connectClient(url)
    return {
      muster,
      client: window.client,
      close: async () => {
        window.close()
        await muster.stop()
      },
    }
  } catch (error) {
    await muster.stop()
    throw error
  }
}
