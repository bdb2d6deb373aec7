import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectClient, type Client } from '../../scripts/lib/contract-client.ts'
import { MusterProcess } from '../../scripts/lib/muster-process.ts'
import { withoutSecretService } from '../../tests/support/secret-service.ts'

/** Where a Muster under test keeps its keys: with `vault` they outlive it. */
export type KeyPlace = 'memory' | 'vault'

/** A Muster on a throwaway profile, that a test can end in every way and start again. */
export class Muster {
  readonly profile: string
  readonly #folder: string
  readonly #keys: KeyPlace
  #process: MusterProcess | undefined
  #link: string | undefined
  /** What processes that ended by now wrote to their standard output and error. */
  #written = ''

  private constructor(folder: string, keys: KeyPlace) {
    this.#folder = folder
    this.#keys = keys
    this.profile = join(folder, 'profile')
  }

  /** The built browser host on a new profile, with nothing set up. */
  static async start(keys: KeyPlace): Promise<Muster> {
    const folder = await mkdtemp(join(tmpdir(), 'muster-e2e-'))
    // A home without keychain, so that no machine's own keychain is ever touched.
    await mkdir(join(folder, 'run'), { mode: 0o700 })
    const muster = new Muster(folder, keys)
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

  /** Asks it to end, and waits until it has. */
  async stop(): Promise<void> {
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
  }
}
