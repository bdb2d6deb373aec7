import { messageOf, toMusterError } from '#shared/errors.ts'
import { openFileLogger, openStderrLogger, type Logger } from '../log/logger.ts'
import { FleetOutbox } from './fleet-outbox.ts'
import type { ParentChannel } from './parent-channel.ts'
import { ToSidecar, type SidecarConfig, type SidecarCredentials } from './sidecar-messages.ts'
import type { StoreProblem } from './shared-store.ts'
import { runSidecar, type SidecarRun } from './sidecar-run.ts'

const STATS_EVERY_MS = 1000
/** Saving what is pending has this long; then the process ends anyway. */
const STOP_TIMEOUT_MS = 5000
const CREDENTIALS_TIMEOUT_MS = 5000

/**
 * A sidecar under a parent: waits for `start`, serves, reports, and ends with its parent. `exit`
 * ends the process.
 */
export class SupervisedSidecar {
  readonly #parent: ParentChannel
  readonly #exit: (code: number) => void
  readonly #outbox: FleetOutbox
  #logger: Logger = openStderrLogger()
  #run: SidecarRun | undefined
  #started = false
  #stopping = false
  #stats: NodeJS.Timeout | undefined
  /** The message of what was told last. */
  #storeProblem: string | undefined
  #takeCredentials: ((credentials: SidecarCredentials | null) => void) | undefined

  constructor(parent: ParentChannel, exit: (code: number) => void) {
    this.#parent = parent
    this.#exit = exit
    this.#outbox = new FleetOutbox((message) => parent.send(message))
    parent.onMessage((message) => this.#receive(message))
    parent.onClose(() => void this.stop(0))
    parent.send({ type: 'hello' })
  }

  /** Saves what is pending and ends the process. */
  async stop(code: number): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    clearInterval(this.#stats)
    this.#outbox.close()
    setTimeout(() => this.#exit(code), STOP_TIMEOUT_MS).unref()
    try {
      await this.#run?.close()
    } catch (error) {
      this.#logger.error('the registry did not stop in good order', { error })
    }
    this.#exit(code)
  }

  /** Says why the process can't go on, and ends it. */
  fail(thrown: unknown): void {
    const { code, message, advice } = toMusterError(thrown)
    this.#logger.error('the registry gives up', { error: thrown, why: messageOf(thrown) })
    this.#parent.send({ type: 'failed', failure: { code, message, advice } })
    void this.stop(1)
  }

  #receive(received: unknown): void {
    const checked = ToSidecar.safeParse(received)
    if (!checked.success) {
      // The message may hold a seed: only its complaint is written down, never the message.
      this.#logger.error('a message from the app was not understood', {
        why: checked.error.issues[0]?.message ?? 'unknown',
      })
      return
    }
    const message = checked.data
    switch (message.type) {
      case 'start':
        void this.#start(message.config)
        break
      case 'received':
        this.#outbox.received(message.sequence)
        break
      case 'get-record': {
        const record = this.#run?.registry.record(message.tenant, message.deviceId) ?? null
        this.#parent.send({ type: 'record', requestId: message.requestId, record })
        break
      }
      case 'select': {
        const { requestId, selector, tenant, most } = message
        // The app has parsed it already; a selector that is none addresses nothing.
        const found = this.#select(selector, tenant, most)
        this.#parent.send({ type: 'selected', requestId, devices: found })
        break
      }
      case 'forget': {
        const outcome = this.#run?.registry.forget(message.tenant, message.deviceId) ?? 'unknown'
        this.#parent.send({ type: 'forgotten', requestId: message.requestId, outcome })
        break
      }
      case 'credentials':
        this.#takeCredentials?.(message.credentials)
        break
      case 'own':
        this.#run?.registry.own(message.devices, message.replace)
        break
      case 'stop':
        void this.stop(0)
        break
    }
  }

  #tellStoreProblem(problem: StoreProblem | undefined): void {
    if (problem?.message === this.#storeProblem) return
    this.#storeProblem = problem?.message
    const told = problem && {
      code: problem.code,
      message: problem.message,
      advice: problem.advice,
    }
    this.#parent.send({ type: 'store-problem', problem: told ?? null })
  }

  #select(selector: string, tenant: string | null, most: number): [string, string][] {
    try {
      const found = this.#run?.registry.select(selector, tenant, most) ?? []
      return found.map(({ tenant: of, deviceId }) => [of, deviceId])
    } catch (error) {
      this.#logger.warn('a selector could not be answered', { why: messageOf(error) })
      return []
    }
  }

  async #start(config: SidecarConfig): Promise<void> {
    if (this.#started) return
    this.#started = true
    try {
      if (config.logFolder !== null) this.#logger = openFileLogger(config.logFolder, 'registry')
      const run = await runSidecar({
        config,
        logger: this.#logger,
        feed: this.#outbox,
        onConnection: (connection) => this.#parent.send({ type: 'connection', connection }),
        onImpostor: (impostor) => this.#parent.send({ type: 'impostor', ...impostor }),
        onFlood: (tenant) => this.#parent.send({ type: 'flood', tenant }),
        renewCredentials: (signal) => this.#wantCredentials(signal),
      })
      this.#run = run
      const { devicesKnown } = run.registry.stats()
      this.#parent.send({ type: 'ready', devicesKnown, setAside: run.setAside ?? null })
      this.#outbox.start(run.registry.devices())
      this.#stats = setInterval(() => {
        this.#parent.send({ type: 'stats', stats: { ...run.registry.stats() } })
        this.#tellStoreProblem(run.registry.storeHealth()?.problem)
      }, STATS_EVERY_MS)
      await run.ended
      if (!this.#stopping) await this.stop(1)
    } catch (error) {
      this.fail(error)
    }
  }

  async #wantCredentials(signal: AbortSignal): Promise<SidecarCredentials | null> {
    const { promise, resolve } = Promise.withResolvers<SidecarCredentials | null>()
    this.#takeCredentials = resolve
    const giveUp = AbortSignal.any([signal, AbortSignal.timeout(CREDENTIALS_TIMEOUT_MS)])
    giveUp.addEventListener('abort', () => resolve(null), { once: true })
    this.#parent.send({ type: 'credentials-wanted' })
    return promise
  }
}
