import { randomBytes } from 'node:crypto'
import { toMusterError, type MusterError } from '#shared/errors.ts'
import type { Logger } from '../log/logger.ts'
import { writeServerFiles, type ServerAccounts } from './mesh-files.ts'
import type { NatsServerBinary } from './nats-server-binary.ts'
import { requirePortsFree, type MeshPorts } from './ports.ts'
import type { MeshPaths, ServerTlsFiles } from './server-config.ts'
import { ServerLog } from './server-log.ts'
import { launchServer, type ServerProcess } from './server-process.ts'
import { endStaleServer } from './stale-server.ts'
import { Backoff, pause } from './waiting.ts'

const FIRST_RESTART_MS = 100
const LAST_RESTART_MS = 10_000
/** A server that ran this long did start: the next restart is quick again. */
const STABLE_AFTER_MS = 30_000

/** What one start of the server rests on; made anew for each, since all of it can change. */
export interface ServerPlan {
  readonly binary: NatsServerBinary
  readonly host: string
  readonly ports: MeshPorts
  readonly tls?: ServerTlsFiles
  readonly accounts: ServerAccounts
}

export interface LocalServerOptions {
  readonly paths: MeshPaths
  readonly logFolder: string
  readonly log: Logger
  /** @throws MusterError where a start makes no sense now; it is asked again later. */
  plan(signal: AbortSignal): Promise<ServerPlan>
}

export interface LocalServerState {
  /** `waiting`: a start failed, the next follows by itself. */
  readonly phase: 'stopped' | 'starting' | 'running' | 'waiting'
  /** How often it was started again after it had ended by itself. */
  readonly restarts: number
  /** Why it does not run. */
  readonly problem: MusterError | undefined
  /** The plan of the server that runs. */
  readonly plan: ServerPlan | undefined
  readonly pid: number | undefined
}

/** Keeps one nats-server running: starts it, and starts it again whenever it ends. */
export class LocalServer {
  readonly #options: LocalServerOptions
  readonly #serverLog: ServerLog
  readonly #listeners = new Set<(state: LocalServerState) => void>()
  readonly #backoff = new Backoff(FIRST_RESTART_MS, LAST_RESTART_MS)
  #state: LocalServerState = STOPPED
  #process: ServerProcess | undefined
  #stopping = new AbortController()
  /** Ends the wait before the next start. */
  #hurry = new AbortController()
  #loop: Promise<void> | undefined
  #wanted = false

  constructor(options: LocalServerOptions) {
    this.#options = options
    this.#serverLog = new ServerLog(options.logFolder)
  }

  get state(): LocalServerState {
    return this.#state
  }

  subscribe(listener: (state: LocalServerState) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /**
   * Starts it and keeps it running. The first start has to succeed.
   * @throws MusterError of `plan`, of the checks before a start or of the start; it is stopped then.
   */
  async start(signal: AbortSignal): Promise<void> {
    await this.stop()
    this.#stopping = new AbortController()
    try {
      await this.#launch(AbortSignal.any([signal, this.#stopping.signal]))
    } catch (error) {
      this.#set(STOPPED)
      throw error
    }
    this.#loop = this.#keep()
  }

  /** Starts it and keeps trying, and keeps it running; what hinders it is told by the state. */
  async keepRunning(): Promise<void> {
    await this.stop()
    this.#stopping = new AbortController()
    this.#loop = this.#keep()
  }

  /** Starts a running server anew on a fresh plan; hurries where a start is being waited for. */
  async restart(): Promise<void> {
    if (this.#loop === undefined) return
    this.#wanted = true
    this.#backoff.reset()
    this.#hurry.abort()
    await this.#process?.stop()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#process?.stop()
    await this.#loop
    this.#loop = undefined
    this.#set(STOPPED)
    this.#serverLog.close()
  }

  async #keep(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      if (this.#process === undefined && !(await this.#tryLaunch(signal))) continue
      await this.#untilEnded(signal)
    }
  }

  async #tryLaunch(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#launch(signal)
      return true
    } catch (error) {
      if (signal.aborted) return false
      const problem = toMusterError(error)
      this.#options.log.error('the local nats-server can not be started', { error: problem })
      this.#set({ ...this.#state, phase: 'waiting', problem, plan: undefined, pid: undefined })
      await this.#waitForNext(signal)
      return false
    }
  }

  async #untilEnded(signal: AbortSignal): Promise<void> {
    const startedAt = performance.now()
    const how = await this.#process?.ended
    this.#process = undefined
    if (signal.aborted) return
    const { restarts } = this.#state
    this.#set({
      ...this.#state,
      phase: 'starting',
      restarts: this.#wanted ? restarts : restarts + 1,
      plan: undefined,
      pid: undefined,
    })
    if (this.#wanted) return
    this.#options.log.warn('the local nats-server ended and is started again', { how })
    if (performance.now() - startedAt > STABLE_AFTER_MS) this.#backoff.reset()
    await this.#waitForNext(signal)
  }

  async #waitForNext(signal: AbortSignal): Promise<void> {
    this.#hurry = new AbortController()
    await pause(this.#backoff.nextMs(), AbortSignal.any([signal, this.#hurry.signal]))
  }

  async #launch(signal: AbortSignal): Promise<void> {
    const { paths, log } = this.#options
    this.#wanted = false
    // The problem of the last try stays until one succeeds: it is still what hinders.
    if (this.#state.phase === 'stopped') this.#set({ ...this.#state, phase: 'starting' })
    const plan = await this.#options.plan(signal)
    await endStaleServer(paths, plan.ports.client, log)
    signal.throwIfAborted()
    await requirePortsFree(plan.host, plan.ports)
    const { host, ports, tls } = plan
    const serverName = `muster-${randomBytes(8).toString('hex')}`
    await writeServerFiles(
      paths,
      {
        serverName,
        host,
        clientPort: ports.client,
        webSocketPort: ports.webSocket,
        ...(tls === undefined ? {} : { tls }),
      },
      plan.accounts,
    )
    this.#process = await launchServer(
      { binary: plan.binary.path, paths, serverName, host, ports, log: this.#serverLog },
      signal,
    )
    const { pid } = this.#process
    log.info('the local nats-server runs', { pid, version: plan.binary.version, host, ...ports })
    this.#set({ ...this.#state, phase: 'running', problem: undefined, plan, pid })
    // A restart was asked for meanwhile: on to the next plan.
    if (this.#wanted) void this.#process.stop()
  }

  #set(state: LocalServerState): void {
    if (state === this.#state) return
    // Restarts are counted over the whole life of the app.
    this.#state = state === STOPPED ? { ...STOPPED, restarts: this.#state.restarts } : state
    for (const listener of this.#listeners) listener(this.#state)
  }
}

const STOPPED: LocalServerState = {
  phase: 'stopped',
  restarts: 0,
  problem: undefined,
  plan: undefined,
  pid: undefined,
}
