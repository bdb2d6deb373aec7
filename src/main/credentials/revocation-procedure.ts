import { z } from 'zod'
import type { RevocationStep } from '#shared/contract/credentials.ts'
import { toMusterError, type MusterError } from '#shared/errors.ts'
import { problemOf } from '#shared/problem-of.ts'
import type { Logger } from '../log/logger.ts'
import { pause } from '../steps/pause.ts'
import type { JournaledStep, ProcedureKind } from '../steps/procedure.ts'
import type { CarryOutOptions } from '../authority/revocation.ts'
import type { RevocationOrder } from '../authority/revocation-order.ts'
import { isOrdered, withAttempt, withClosed, withLook, withProof } from './evidence.ts'
import { issueProbe, probeLogins, type ProbeParts, type ProbeUser } from './login-probe.ts'
import type { RevocationBook } from './revocation-book.ts'
import { alreadySent } from './revocation-errors.ts'
import type { ServerView, SystemConnection } from './server-view.ts'
import { watchClients } from './server-watch.ts'

/** How long looking at who is connected may hold up a revocation. */
const LOOK_TIMEOUT_MS = 1_500
/** How long the system connection may be on its way back. */
const CONNECT_TIMEOUT_MS = 5_000
/** How long after the push the sockets may take to be gone. */
const CLOSE_TIMEOUT_MS = 3_000
const LOOK_AGAIN_MS = 100
/** How long it is watched for devices that try to come back, and how many tries are heard. */
const LOOKOUT_MS = 120_000
const ATTEMPTS_HEARD = 1_000

/** What stands in the journal; the rest is in the table of revocations. */
const State = z.strictObject({ id: z.string(), title: z.string() })
export type RevocationState = z.infer<typeof State>

export interface RevocationParts {
  readonly book: RevocationBook
  readonly view: ServerView
  readonly system: SystemConnection
  readonly probes: ProbeParts
  readonly log: Logger
  readonly now: () => Date
  carryOut(order: RevocationOrder, options: CarryOutOptions, signal: AbortSignal): Promise<void>
  /** Whether the ledger has a credential of the account for that user key, signed by that key. */
  hasIssued(account: string, publicKey: string, issuer: string | undefined): boolean
  /** Sends the servers everything as it is recorded. */
  republish(signal: AbortSignal): Promise<void>
  /** A tenant in an account, in which a probe can be issued; undefined where there is none. */
  tenantOf(account: string): string | undefined
}

/** The journaled procedure, and what of it lives beyond its steps. */
export class RevocationProcedure {
  readonly kind: ProcedureKind<RevocationState>
  readonly #parts: RevocationParts
  readonly #probes = new Map<string, ProbeUser>()
  /** Their own refusal is told apart from that of what was revoked. */
  readonly #probeKeys = new Set<string>()
  readonly #lookouts = new Map<string, () => void>()
  readonly #timers = new Set<NodeJS.Timeout>()

  constructor(parts: RevocationParts) {
    this.#parts = parts
    this.kind = {
      kind: 'revoke',
      state: State,
      subject: ({ id }) => `revocation:${id}`,
      describe: ({ title }) => title,
      needs: 'mesh',
      atStart: 'resume',
      // What the person withdrew is carried out as soon as the servers can be reached.
      onFailure: 'keep',
      steps: [
        this.#step('look', (id, signal) => this.#look(id, signal), {
          undo: (id) => this.#giveUp(id),
        }),
        this.#step('push', (id, signal) => this.#push(id, signal), {
          undo: (id, signal) => this.#unsend(id, signal),
        }),
        this.#step('prove', (id, signal) => this.#prove(id, signal), {}),
      ],
    }
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    for (const stop of this.#lookouts.values()) stop()
    this.#lookouts.clear()
    this.#probes.clear()
  }

  /** Begins to listen, so that nothing the push causes is missed, and asks who is connected. */
  async #look(id: string, signal: AbortSignal): Promise<void> {
    const { book, view } = this.#parts
    const order = book.order(id)
    await this.#lookOut(id, signal)
    if (book.view(id).evidence.connectedBefore !== null) return
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LOOK_TIMEOUT_MS)])
    try {
      const wanted = (key: string, at: Date | null) => isOrdered(order, key, at)
      const look = await view.connections(order.account, wanted, limit, false)
      book.evidence(id, withLook(book.view(id).evidence, look))
    } catch (error) {
      signal.throwIfAborted()
      // Whoever is stolen from must not wait for it.
      this.#parts.log.warn('who is connected could not be seen before a revocation', { error })
    }
  }

  async #push(id: string, signal: AbortSignal): Promise<void> {
    const { book, now } = this.#parts
    if (book.view(id).revokedAt !== null) return
    const order = book.order(id)
    await this.#lookOut(id, signal)
    const probe = await this.#probeFor(id, order)
    let revokedAt: string | null = null
    const record = () => {
      revokedAt = book.noteRevoked(id, now()).revokedAt
    }
    await this.#parts.carryOut(
      order,
      { record, ...(probe === undefined ? {} : { probeId: probe.ledgerId }) },
      signal,
    )
    book.change(id, { revokedAt, canCancel: false, problem: null })
  }

  async #prove(id: string, signal: AbortSignal): Promise<void> {
    const { book, probes, now, log } = this.#parts
    const order = book.order(id)
    await this.#lookOut(id, signal).catch(() => signal.throwIfAborted())
    const left = await this.#untilGone(id, order, signal)
    const probe = this.#probes.get(id)
    const tenant = this.#parts.tenantOf(order.account)
    let tried = null
    if (probe !== undefined && tenant !== undefined) {
      this.#probes.delete(id)
      tried = await probeLogins(probes, tenant, probe, now, signal)
    }
    const evidence = withProof(book.view(id).evidence, left, tried)
    if (evidence.verdict === 'contradicted') {
      log.error('a server lets in what was revoked', { revocation: id, account: order.account })
    }
    book.change(id, { evidence, state: 'done', problem: null, endedAt: now().toISOString() })
    this.#endLater(id)
  }

  /** How many connections are left, once there are none or time is up; null where no server tells. */
  async #untilGone(
    id: string,
    order: RevocationOrder,
    signal: AbortSignal,
  ): Promise<number | null> {
    const { view, book, now } = this.#parts
    const until = now().getTime() + CLOSE_TIMEOUT_MS
    const wanted = (key: string, at: Date | null) => isOrdered(order, key, at)
    for (let left: number | null = null; ;) {
      try {
        const look = await view.connections(order.account, wanted, signal, false)
        left = look.total
        book.evidence(id, { ...book.view(id).evidence, servers: look.servers })
        if (left === 0) return 0
      } catch {
        signal.throwIfAborted()
      }
      if (now().getTime() >= until) return left
      await pause(LOOK_AGAIN_MS, signal)
    }
  }

  /** A throw-away user that goes into the same push; without one the proof is the weaker. */
  async #probeFor(id: string, { account }: RevocationOrder): Promise<ProbeUser | undefined> {
    const { probes, log } = this.#parts
    const known = this.#probes.get(id)
    const tenant = this.#parts.tenantOf(account)
    if (known !== undefined || tenant === undefined) return known
    try {
      const probe = await issueProbe(probes, tenant, 'revoked')
      this.#probes.set(id, probe)
      this.#probeKeys.add(probe.publicKey)
      return probe
    } catch (error) {
      log.warn('no probe for a revocation', { error })
      return undefined
    }
  }

  async #lookOut(id: string, signal: AbortSignal): Promise<void> {
    const { book, system } = this.#parts
    if (this.#lookouts.has(id)) return
    const order = book.order(id)
    const begunAt = new Date(book.view(id).begunAt)
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_TIMEOUT_MS)])
    const stop = await watchClients(
      system,
      order.account,
      {
        closed: (event) => {
          if (!isOrdered(order, event.publicKey, event.issuedAt)) return
          book.evidence(id, withClosed(book.view(id).evidence, event, begunAt))
        },
        refused: (event) => {
          // Only what was revoked by this, and only once it was: before, it has another cause.
          const { revokedAt, evidence } = book.view(id)
          if (revokedAt === null || evidence.attemptCount >= ATTEMPTS_HEARD) return
          if (!isOrdered(order, event.publicKey, event.issuedAt)) return
          if (this.#probeKeys.has(event.publicKey)) return
          if (!this.#parts.hasIssued(order.account, event.publicKey, event.issuer())) return
          book.evidence(id, withAttempt(evidence, event))
        },
      },
      deadline,
    )
    this.#lookouts.set(id, stop)
  }

  #endLater(id: string): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.#stopLookOut(id)
      this.#parts.book.release(id)
    }, LOOKOUT_MS)
    timer.unref()
    this.#timers.add(timer)
  }

  #stopLookOut(id: string): void {
    this.#lookouts.get(id)?.()
    this.#lookouts.delete(id)
  }

  /** The servers may have taken a push whose answer was lost: they get back what is recorded. */
  async #unsend(id: string, signal: AbortSignal): Promise<void> {
    const { book } = this.#parts
    if (book.view(id).revokedAt !== null) throw alreadySent()
    await this.#parts.republish(signal)
  }

  #giveUp(id: string): Promise<void> {
    const { book, now } = this.#parts
    const { problem, steps } = book.view(id)
    this.#stopLookOut(id)
    this.#probes.delete(id)
    book.change(id, {
      state: problem === null ? 'cancelled' : 'failed',
      canCancel: false,
      endedAt: now().toISOString(),
      steps: steps.map((step) => (step.state === 'done' ? { ...step, state: 'undone' } : step)),
    })
    return Promise.resolve()
  }

  /** A step that tells the book how it goes. */
  #step(
    name: RevocationStep['name'],
    run: (id: string, signal: AbortSignal) => Promise<void>,
    { undo }: { readonly undo?: (id: string, signal: AbortSignal) => Promise<void> },
  ): JournaledStep<RevocationState> {
    const { book } = this.#parts
    return {
      name,
      run: async (state, { signal }) => {
        const { id } = state
        const startedAt = performance.now()
        book.change(id, { state: 'running', canCancel: name === 'look' })
        book.step(id, name, { state: 'running', durationMs: null })
        const durationMs = () => performance.now() - startedAt
        try {
          await run(id, signal)
        } catch (thrown) {
          this.#failed(id, name, toMusterError(thrown), durationMs())
          throw thrown
        }
        book.step(id, name, { state: 'done', durationMs: durationMs() })
        return state
      },
      ...(undo === undefined
        ? {}
        : {
            undo: async (state, { signal }) => {
              await undo(state.id, signal)
              return state
            },
          }),
    }
  }

  #failed(id: string, name: RevocationStep['name'], error: MusterError, durationMs: number): void {
    const { book } = this.#parts
    book.step(id, name, { state: 'failed', durationMs })
    const { revokedAt } = book.view(id)
    book.change(id, {
      state: 'waiting',
      canCancel: revokedAt === null,
      problem: error.code === 'REVOCATION_CALLED_OFF' ? null : problemOf(error),
    })
  }
}
