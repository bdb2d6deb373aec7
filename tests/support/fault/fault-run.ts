import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bootstrap } from '../../../src/main/authority/authority.ts'
import type { ProcedureBoundary } from '../../../src/main/steps/procedure.ts'
import { startNatsServer, type NatsServer } from '../nats-server.ts'
import type { FaultOrder } from './fault-child.ts'
import { openFaultWorld, type FaultWorld } from './fault-world.ts'

const CHILD = join(import.meta.dirname, 'fault-child.ts')

type FromChild =
  | { readonly type: 'start-server'; readonly bootstrap: Bootstrap }
  | { readonly type: 'finished'; readonly passed: ProcedureBoundary[] }

/**
 * A profile, a real server, and processes that work on them until they kill themselves at a boundary of
 * a journaled procedure. The boundaries are what the procedures report, so a new step is covered by itself.
 */
export class FaultRun {
  readonly #folder: string
  #server: NatsServer | undefined
  #spare: ChildProcess | undefined
  #world: FaultWorld | undefined

  readonly #bare: boolean

  private constructor(folder: string, bare: boolean) {
    this.#folder = folder
    this.#bare = bare
  }

  /** With `bare` the profile has neither operator nor server. */
  static async begin({ bare = false } = {}): Promise<FaultRun> {
    const run = new FaultRun(await mkdtemp(join(tmpdir(), 'muster-fault-')), bare)
    await mkdir(join(run.#folder, 'resolver'))
    run.#spare = run.#fork()
    return run
  }

  /** Opens the profile here, as the app does at its next start. */
  async open(): Promise<FaultWorld> {
    this.#world ??= await openFaultWorld({
      folder: this.#folder,
      bare: this.#bare,
      startServer: (bootstrap) => this.#startServer(bootstrap),
      ...(this.#server === undefined ? {} : { serverUrl: this.#server.url }),
    })
    return this.#world
  }

  async closeWorld(): Promise<void> {
    await this.#world?.close()
    this.#world = undefined
  }

  /**
   * Runs a scenario in a process of its own, which kills itself at that boundary; Infinity lets it finish.
   * Resolves with the boundaries that it passed, or undefined where it was killed.
   */
  async until(
    killAt: number,
    scenario: string,
    argument: string,
  ): Promise<ProcedureBoundary[] | undefined> {
    if (this.#server === undefined && !this.#bare) await this.open()
    await this.closeWorld()
    const child = this.#spare ?? this.#fork()
    // The next one starts while this one works: most of its time is loading.
    this.#spare = this.#fork()
    let passed: ProcedureBoundary[] | undefined
    child.on('message', (message: FromChild) => {
      if (message.type === 'finished') passed = message.passed
      else void this.#startServer(message.bootstrap).then((url) => child.send(url))
    })
    const order: FaultOrder = {
      folder: this.#folder,
      serverUrl: this.#server?.url ?? '',
      scenario,
      argument,
      killAt: Number.isFinite(killAt) ? killAt : 0,
      bare: this.#bare,
    }
    const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
    child.send(order)
    const [code, signal] = await exited
    if (passed === undefined && signal !== 'SIGKILL') {
      throw new Error(`The child ended with ${String(code ?? signal)} before its time.`)
    }
    return passed
  }

  /** Begins with an empty profile again; only for a bare one, since a server keeps its accounts. */
  async fresh(): Promise<void> {
    await this.closeWorld()
    for (const name of await readdir(this.#folder)) {
      await rm(join(this.#folder, name), { recursive: true })
    }
  }

  async end(): Promise<void> {
    this.#spare?.kill('SIGKILL')
    await this.closeWorld()
    await this.#server?.stop()
    await rm(this.#folder, { recursive: true, force: true })
  }

  /** As the app starts its local server: on what the authority has recorded, always at the same port. */
  async #startServer({ operatorJwt, systemAccount }: Bootstrap): Promise<string> {
    const port = this.#server?.port
    await this.#server?.stop()
    this.#server = await startNatsServer({
      files: { 'op.jwt': operatorJwt },
      config: `
        operator: op.jwt
        system_account: ${systemAccount.publicKey}
        resolver: { type: full, dir: "${join(this.#folder, 'resolver')}", allow_delete: true, interval: "2m", limit: 10000 }
        resolver_preload: { ${systemAccount.publicKey}: ${systemAccount.jwt} }
        jetstream: { store_dir: "js", max_mem: 16MB, max_file: 64MB }`,
      ...(port === undefined ? {} : { port }),
    })
    return this.#server.url
  }

  #fork(): ChildProcess {
    const child = fork(CHILD, { stdio: 'inherit', execArgv: [] })
    child.unref()
    return child
  }
}
