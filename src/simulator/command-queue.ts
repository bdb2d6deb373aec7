import { randomUUID } from 'node:crypto'
import type { Msg } from '@nats-io/nats-core'
import type { Dialect } from '#shared/protocol/dialect.ts'
import {
  JSON_RPC_INTERNAL_ERROR,
  parseJsonObject,
  type JsonObject,
} from '#shared/protocol/json-rpc.ts'
import {
  asyncReplySubject,
  COMMAND_DEADLINE_HEADER,
  COMMAND_ID_HEADER,
  pullSubject,
  queueSubject,
} from '#shared/protocol/queue.ts'
import { isSafeToken } from '#shared/protocol/names.ts'
import { pause, type Clock } from './clock.ts'
import type { CallOutcome } from './function-calls.ts'
import type { DeviceLink } from './link.ts'

/** How long one request for a command stays open at the server. */
const FETCH_MS = 30_000
/** After an answer that is no command, and a request that nobody answered. */
const FETCH_AGAIN_MS = 5_000
/** A consumer that was just made has not heard the request before: this much for it to answer otherwise. */
const WAKE_MS = 250
/** Well below the 30 s after which a command is delivered again. */
const PROGRESS_EVERY_MS = 10_000
const RETRY_DELAY_MS = 5_000
/** How long the server may take to confirm that it keeps an answer. */
const KEEP_TIMEOUT_MS = 2_000
const MILLISECOND_NS = 1_000_000
const REMEMBERED = 200

/** Answers of commands that were carried out, so that none is carried out twice. */
export interface CommandMemory {
  recall(id: string): JsonObject | undefined
  remember(id: string, answer: JsonObject): void
}

/** The last commands of one device. Handed to its next life, it stands for the device's disk. */
export class RecentCommands implements CommandMemory {
  readonly #answers = new Map<string, JsonObject>()

  recall(id: string): JsonObject | undefined {
    return this.#answers.get(id)
  }

  remember(id: string, answer: JsonObject): void {
    this.#answers.set(id, answer)
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size <= REMEMBERED) break
      this.#answers.delete(oldest)
    }
  }
}

export interface CommandQueueSettings {
  readonly memory?: CommandMemory
  readonly progressEveryMs?: number
  /** Before a command that failed is tried again; doubled with each attempt. */
  readonly retryDelayMs?: number
}

export interface CommandQueueOptions extends CommandQueueSettings {
  readonly link: Pick<DeviceLink, 'listen' | 'send' | 'request'>
  readonly dialect: Dialect
  readonly tenant: string
  readonly deviceId: string
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly run: (method: string, params: unknown) => Promise<CallOutcome>
}

/**
 * Fetches the commands that were queued while the device was away, one after the other
 * (docs/extensions/queued-commands.md). Gives up where its credential does not allow it, until it has another.
 */
export class CommandQueue {
  readonly #options: CommandQueueOptions
  readonly #memory: CommandMemory
  readonly #inbox = `_INBOX.${randomUUID().replaceAll('-', '')}`
  #work: Promise<void> = Promise.resolve()
  #fetching = new AbortController()
  #heard = 0
  #refused = false

  constructor(options: CommandQueueOptions) {
    this.#options = options
    this.#memory = options.memory ?? new RecentCommands()
    const { link, dialect, tenant, deviceId } = options
    link.listen(this.#inbox, (message) => this.#onMessage(message))
    link.listen(queueSubject(dialect, tenant, deviceId), () => void this.#wake())
  }

  /** To be called with each connection and each new credential. */
  begin(): void {
    this.#refused = false
    this.#fetch()
  }

  /** The server does not let the device publish on a subject: nothing comes of asking again. */
  onRefused(subject: string): void {
    if (subject === this.#pullSubject) this.#refused = true
  }

  get #pullSubject(): string {
    return pullSubject(this.#options.tenant, this.#options.deviceId)
  }

  #fetch(): void {
    const { link, signal } = this.#options
    this.#fetching.abort()
    if (this.#refused || signal.aborted) return
    const request = JSON.stringify({ batch: 1, expires: FETCH_MS * MILLISECOND_NS })
    link.send(this.#pullSubject, request, this.#inbox)
    // A request that no consumer heard gets no answer at all.
    this.#fetchAfter(FETCH_MS + FETCH_AGAIN_MS)
  }

  #fetchAfter(delayMs: number): void {
    const { clock, signal } = this.#options
    this.#fetching.abort()
    const fetching = new AbortController()
    this.#fetching = fetching
    const either = AbortSignal.any([signal, fetching.signal])
    void pause(clock, delayMs, either).then(() => {
      if (!either.aborted) this.#fetch()
    })
  }

  /** Something was queued just now: where the request that is open does not bring it, another one does. */
  async #wake(): Promise<void> {
    const { clock, signal } = this.#options
    const before = this.#heard
    await pause(clock, WAKE_MS, signal)
    if (this.#heard === before) this.#fetch()
  }

  #onMessage(message: Msg): void {
    this.#heard += 1
    const status = message.headers?.code ?? 0
    // 408: the request ran out. Anything else says that this consumer is not to be had now.
    if (status !== 0) return this.#fetchAfter(status === 408 ? 0 : FETCH_AGAIN_MS)
    this.#work = this.#work.then(() => this.#handle(message))
  }

  async #handle(message: Msg): Promise<void> {
    const { signal, link } = this.#options
    const { reply } = message
    if (reply === undefined || signal.aborted) return
    const acknowledge = (word: string) => void link.send(reply, word)
    const next = await this.#carryOut(message, acknowledge)
    if (signal.aborted) return
    acknowledge(next)
    this.#fetch()
  }

  /** What to say to the server about it: done, not any more, or once more later. */
  async #carryOut(message: Msg, acknowledge: (word: string) => void): Promise<string> {
    const request = parseJsonObject(message.string())
    const id = idOf(message, request)
    const { method } = request ?? {}
    if (id === undefined || typeof method !== 'string') return '+TERM'
    const known = this.#memory.recall(id)
    if (known !== undefined) {
      await this.#answer(id, known)
      return '+ACK'
    }
    if (this.#isOver(message)) {
      const error = { code: 'expired', message: 'The time for this command was over.' }
      await this.#answer(id, { success: false, error, actually_fired_at: null })
      return '+TERM'
    }
    return this.#run({ id, method, params: request?.['params'] }, deliveries(message), acknowledge)
  }

  async #run(
    command: { readonly id: string; readonly method: string; readonly params: unknown },
    attempt: number,
    acknowledge: (word: string) => void,
  ): Promise<string> {
    const { clock, signal, run, retryDelayMs = RETRY_DELAY_MS } = this.#options
    const firedAt = clock.now() / 1000
    const working = new AbortController()
    void this.#tellProgress(AbortSignal.any([signal, working.signal]), acknowledge)
    const outcome = await run(command.method, command.params)
    working.abort()
    if (signal.aborted) return ''
    const told = { attempt, actually_fired_at: firedAt }
    if ('result' in outcome) {
      const answer = { success: true, result: outcome.result, ...told }
      this.#memory.remember(command.id, answer)
      await this.#answer(command.id, answer)
      return '+ACK'
    }
    const { code, message } = outcome.error
    const retryable = code === JSON_RPC_INTERNAL_ERROR
    const error = { code: String(code), message }
    const answer = { success: false, error, retryable, ...told }
    if (!retryable) this.#memory.remember(command.id, answer)
    await this.#answer(command.id, answer)
    if (!retryable) return '+ACK'
    const delayMs = retryDelayMs * 2 ** Math.max(0, attempt - 1)
    return `-NAK {"delay": ${delayMs * MILLISECOND_NS}}`
  }

  async #tellProgress(signal: AbortSignal, acknowledge: (word: string) => void): Promise<void> {
    const { clock, progressEveryMs = PROGRESS_EVERY_MS } = this.#options
    for (;;) {
      await pause(clock, progressEveryMs, signal)
      if (signal.aborted) return
      acknowledge('+WPI')
    }
  }

  /** Tells what came of it before the command is acknowledged, so that it can't be lost in between. */
  async #answer(id: string, answer: JsonObject): Promise<void> {
    const { link, dialect, tenant, deviceId } = this.#options
    const payload = { correlation_id: id, device_id: deviceId, ...answer }
    const subject = asyncReplySubject(dialect, tenant, deviceId, id)
    // Where nothing keeps answers nobody confirms; then those hear it who listen now.
    await link.request(subject, payload, KEEP_TIMEOUT_MS).catch(() => undefined)
  }

  #isOver(message: Msg): boolean {
    const deadline = Date.parse(message.headers?.get(COMMAND_DEADLINE_HEADER) ?? '')
    return !Number.isNaN(deadline) && this.#options.clock.now() >= deadline
  }
}

function idOf(message: Msg, request: JsonObject | undefined): string | undefined {
  const header = message.headers?.get(COMMAND_ID_HEADER) ?? ''
  const id = header === '' ? request?.['id'] : header
  const text = typeof id === 'string' || typeof id === 'number' ? String(id) : ''
  return isSafeToken(text) ? text : undefined
}

/** Which delivery this is: `$JS.ACK.STREAM.CONSUMER.DELIVERIES.…`, with domain and account before it on newer servers. */
function deliveries(message: Msg): number {
  const tokens = message.reply?.split('.') ?? []
  const count = Number(tokens[tokens.length > 9 ? 6 : 4])
  return Number.isInteger(count) && count > 0 ? count : 1
}
