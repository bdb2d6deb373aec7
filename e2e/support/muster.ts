import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from '@playwright/test'
import { connectClient, type Client } from '../../scripts/lib/contract-client.ts'
import { MusterProcess } from '../../scripts/lib/muster-process.ts'
import { withoutSecretService } from '../../tests/support/secret-service.ts'

/** Where a Muster under test keeps its keys: with `vault` they outlive it. */
export type KeyPlace = 'memory' | 'vault'

/** What a Muster under test runs in. */
export type HostKind = 'browser' | 'electron'

/** A Muster on a throwaway profile, that a test can end in every way and start again. */
export class Muster {
  readonly profile: string
  readonly #folder: string
  readonly #keys: KeyPlace
  readonly #host: HostKind
  #process: MusterProcess | undefined
  #link: string | undefined
  /** The test driver's hold on Electron's windows. */
  #driver: Browser | undefined
  #client: ReturnType<typeof connectClient> | undefined
  /** What processes that ended by now wrote to their standard output and error. */
  #written = ''

  private constructor(folder: string, keys: KeyPlace, host: HostKind) {
    this.#folder = folder
    this.#keys = keys
    this.#host = host
    this.profile = join(folder, 'profile')
  }

  /** The built app on a new profile, with nothing set up. */
  static async start(keys: KeyPlace, host: HostKind = 'browser'): Promise<Muster> {
    const folder = await mkdtemp(join(tmpdir(), 'muster-e2e-'))
    // A home without keychain, so that no machine's own keychain is ever touched.
    await mkdir(join(folder, 'run'), { mode: 0o700 })
    const muster = new Muster(folder, keys, host)
    try {
      await muster.start()
      return muster
    } catch (error) {
      await muster.dispose()
      throw error
    }
  }

  get pid(): number {
    return this.#running.pid
  }

  /** Everything that it wrote to standard output and error, in all its lives. */
  get written(): string {
    const { output = '', errors = '' } = this.#process ?? {}
    return `${this.#written}${output}${errors}`
  }

  /** Starts it again on the same profile. */
  async start(): Promise<void> {
    const { muster, url } = await MusterProcess.start({
      profile: this.profile,
      demo: this.#keys === 'memory',
      electron: this.#host === 'electron' ? electronPath() : undefined,
      driven: true,
      environment: { ...withoutSecretService(this.#folder), DBUS_SESSION_BUS_ADDRESS: undefined },
    })
    this.#process = muster
    this.#link = url
    // A test runner that gives up leaves nothing behind.
    process.once('exit', this.#killWithUs)
  }

  /** A one-time link that nobody used yet. */
  async link(): Promise<string> {
    const link = this.#link ?? (await this.#running.mintUrl())
    this.#link = undefined
    return link
  }

  /** Shows its window: Electron's own, or the page that is given, which then opens a link. */
  async show(page: Page): Promise<Page> {
    if (this.#host === 'browser') {
      await page.goto(await this.link())
      return page
    }
    this.#driver ??= await chromium.connectOverCDP(this.#running.driver)
    const [context] = this.#driver.contexts()
    const own = context?.pages()[0] ?? (await context?.waitForEvent('page'))
    if (own === undefined) throw new Error('Electron opened no window.')
    await own.emulateMedia({ reducedMotion: 'reduce' })
    // One window serves all tests of a worker; each begins as with a new one.
    await own.evaluate(() => {
      localStorage.clear()
      location.hash = '#/commission'
    })
    await own.reload()
    return own
  }

  /** Asks it to end, and waits until it has. */
  async stop(): Promise<void> {
    await this.#client?.then((window) => window.close())
    await this.#process?.stop()
    this.#forgetProcess()
  }

  /** Ends it without a warning, as a crash or a power cut does. */
  async crash(): Promise<void> {
    await this.#running.kill()
    this.#forgetProcess()
  }

  /** Does something through the contract, without a window. */
  async through<T>(work: (client: Client) => Promise<T>): Promise<T> {
    // Electron hands out one link a run, so what comes of it is kept.
    if (this.#host === 'electron') {
      this.#client ??= this.link().then(connectClient)
      return work((await this.#client).client)
    }
    const window = await connectClient(await this.link())
    try {
      return await work(window.client)
    } finally {
      window.close()
    }
  }

  /** Its log files by name, for a failing test. */
  async logs(): Promise<ReadonlyMap<string, string>> {
    const folder = join(this.profile, 'logs')
    const names = await readdir(folder).catch(() => [])
    const texts = names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')])
    return new Map((await Promise.all(texts)) as [string, string][])
  }

  /** Ends it and removes its profile. */
  async dispose(): Promise<void> {
    await this.stop()
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }

  get #running(): MusterProcess {
    if (this.#process === undefined) throw new Error('This Muster does not run.')
    return this.#process
  }

  readonly #killWithUs = () => void this.#process?.child.kill('SIGKILL')

  #forgetProcess(): void {
    process.removeListener('exit', this.#killWithUs)
    this.#written = this.written
    this.#process = undefined
    this.#link = undefined
    this.#driver = undefined
    this.#client = undefined
  }
}

/** Electron's binary: outside Electron that is all that its package says. */
function electronPath(): string {
  return createRequire(import.meta.url)('electron') as string
}
