import { createHash } from 'node:crypto'
import type { NatsConnection } from '@nats-io/nats-core'
import { z } from 'zod'
import { toMusterError, TransientError } from '#shared/errors.ts'
import { parseJsonObject } from '#shared/protocol/json-rpc.ts'
import type { Logger } from '../log/logger.ts'
import { askServers, countServers, jsonOf } from '../mesh/ask-servers.ts'
import { orAborted } from '../steps/or-aborted.ts'
import { pause } from '../steps/pause.ts'

const REQUEST_TIMEOUT_MS = 5_000
/** Connections that one answer names; each comes with its JWT. */
const CONNECTIONS_PER_PAGE = 256
/** In case that an event was lost: for devices that are awaited, and for those that may come some day. */
const LOOK_AGAIN_SOON_MS = 5_000
const LOOK_AGAIN_LATER_MS = 5 * 60_000
/** Least time between two looks, however many begin to be awaited meanwhile. */
const LOOK_GAP_MS = 1_000
/** Looking through a large account gets a pause of so many times as long. */
const LOOK_COST_FACTOR = 10

/** Muster's connection as the system account's user. */
export interface SystemConnection {
  /** Resolves once it stands, with `patient` also where there is none to wait for yet. */
  connected(signal: AbortSignal, patient?: boolean): Promise<NatsConnection>
}

/** A connection that a server told of. */
export interface Sighting {
  readonly account: string
  readonly publicKey: string
  /** Digest of the JWT that it authenticated with; undefined where the server keeps that to itself. */
  readonly digest: string | undefined
  /** When it began, by the server's clock. */
  readonly startedAt: Date
}

/** A key that is waited for. */
export interface Expectation {
  readonly account: string
  readonly publicKey: string
  /** Somebody waits for it now, rather than for weeks. */
  readonly soon: boolean
  readonly onSeen: (sighting: Sighting) => void
}

const Client = z.object({
  user: z.string(),
  jwt: z.string().optional(),
  start: z.string().default(''),
})
const ConnectEvent = z.object({ client: Client })
const Connections = z.object({
  data: z.object({
    total: z.int(),
    connections: z
      .array(
        z.object({
          authorized_user: z.string().default(''),
          jwt: z.string().optional(),
          start: z.string().default(''),
        }),
      )
      .nullish(),
  }),
})

/** By what a JWT is recognised without keeping it: 32 hexadecimal digits. */
export function digestOf(jwt: string): string {
  return createHash('sha256').update(jwt).digest('hex').slice(0, 32)
}

/**
 * Sees which key connected with which JWT: by `$SYS.ACCOUNT.<id>.CONNECT`, and by CONNZ for what was
 * there before or was missed. Listens to an account only while somebody is waited for in it.
 */
export class ConnectionWitness {
  readonly #system: SystemConnection
  readonly #log: Logger
  readonly #lookAgainMs: { readonly soon: number; readonly later: number }
  readonly #answerTimeoutMs: number
  readonly #accounts = new Map<string, WatchedAccount>()

  constructor(options: {
    readonly system: SystemConnection
    readonly log: Logger
    readonly lookAgainMs?: { readonly soon: number; readonly later: number }
    /** How long every server of a cluster may take to answer. */
    readonly answerTimeoutMs?: number
  }) {
    this.#system = options.system
    this.#log = options.log
    this.#answerTimeoutMs = options.answerTimeoutMs ?? REQUEST_TIMEOUT_MS
    this.#lookAgainMs = options.lookAgainMs ?? {
      soon: LOOK_AGAIN_SOON_MS,
      later: LOOK_AGAIN_LATER_MS,
    }
  }

  /** Calls `onSeen` for each connection of the key, those that exist too; returns how to stop that. */
  expect(expectation: Expectation): () => void {
    const { account, publicKey } = expectation
    const watched = this.#accounts.get(account) ?? this.#watch(account)
    const ofKey = watched.expectations.get(publicKey) ?? new Set()
    watched.expectations.set(publicKey, ofKey.add(expectation))
    watched.wake.abort()
    return () => {
      ofKey.delete(expectation)
      if (ofKey.size === 0) watched.expectations.delete(publicKey)
      if (watched.expectations.size > 0) return
      watched.ended.abort()
      if (this.#accounts.get(account) === watched) this.#accounts.delete(account)
    }
  }

  /**
   * The connections of a key now.
   * @throws TransientError where a server of the cluster does not answer; the signal's reason.
   */
  async look(account: string, publicKey: string, signal: AbortSignal): Promise<Sighting[]> {
    const nats = await this.#system.connected(signal, true)
    const seen: Sighting[] = []
    await this.#page(nats, account, signal, (one) => {
      if (one.publicKey === publicKey) seen.push(one)
    })
    return seen
  }

  close(): void {
    for (const { ended } of this.#accounts.values()) ended.abort()
    this.#accounts.clear()
  }

  #watch(account: string): WatchedAccount {
    const watched: WatchedAccount = {
      expectations: new Map(),
      ended: new AbortController(),
      wake: new AbortController(),
    }
    this.#accounts.set(account, watched)
    void this.#follow(account, watched)
    return watched
  }

  /** Never rejects: what fails is tried again for as long as somebody is waited for. */
  async #follow(account: string, watched: WatchedAccount): Promise<void> {
    const { signal } = watched.ended
    let listening: { readonly nats: NatsConnection; readonly stop: () => void } | undefined
    while (!signal.aborted) {
      watched.wake = new AbortController()
      const beganAt = performance.now()
      try {
        const nats = await this.#system.connected(signal, true)
        if (listening?.nats !== nats) {
          listening?.stop()
          listening = { nats, stop: this.#listen(nats, account, watched) }
          await orAborted(nats.flush(), signal)
        }
        // Events first, then the look, so that nobody slips through in between.
        await this.#page(nats, account, signal, (sighting) => tell(watched, sighting))
      } catch (error) {
        if (signal.aborted) break
        this.#log.debug('the connections of an account could not be listed', {
          account,
          error: toMusterError(error),
        })
      }
      const soon = [...watched.expectations.values()].some((ofKey) =>
        [...ofKey].some((one) => one.soon),
      )
      const costMs = (performance.now() - beganAt) * LOOK_COST_FACTOR
      const waitMs = Math.max(costMs, soon ? this.#lookAgainMs.soon : this.#lookAgainMs.later)
      const gapMs = Math.min(Math.max(LOOK_GAP_MS, costMs), waitMs)
      await pause(gapMs, signal).catch(() => undefined)
      const woken = AbortSignal.any([signal, watched.wake.signal])
      await pause(waitMs - gapMs, woken).catch(() => undefined)
    }
    listening?.stop()
  }

  #listen(nats: NatsConnection, account: string, watched: WatchedAccount): () => void {
    const subscription = nats.subscribe(`$SYS.ACCOUNT.${account}.CONNECT`, {
      callback: (error, message) => {
        if (error !== null) return
        const event = ConnectEvent.safeParse(parseJsonObject(message.string()))
        if (!event.success) return
        const { user, jwt, start } = event.data.client
        tell(watched, sightingOf(account, user, jwt, start))
      },
    })
    return () => subscription.unsubscribe()
  }

  /** All connections of an account, on every server of a cluster. */
  async #page(
    nats: NatsConnection,
    account: string,
    signal: AbortSignal,
    onEach: (sighting: Sighting) => void,
  ): Promise<void> {
    const timeoutMs = this.#answerTimeoutMs
    const servers = await countServers(nats, timeoutMs, signal)
    const subject = `$SYS.REQ.ACCOUNT.${account}.CONNZ`
    for (let offset = 0, total = 1; offset < total; offset += CONNECTIONS_PER_PAGE) {
      const query = { auth: true, sort: 'cid', offset, limit: CONNECTIONS_PER_PAGE }
      const asked = { servers, timeoutMs, signal }
      const texts = await askServers(nats, subject, JSON.stringify(query), asked)
      const pages = texts.map((text) => Connections.parse(jsonOf(text)).data)
      total = Math.max(...pages.map((page) => page.total))
      for (const one of pages.flatMap((page) => page.connections ?? [])) {
        onEach(sightingOf(account, one.authorized_user, one.jwt, one.start))
      }
      // Whoever is on a server that keeps silent is neither there nor gone.
      if (texts.length < servers) throw notAll(texts.length, servers)
    }
  }
}

interface WatchedAccount {
  /** By user key. */
  readonly expectations: Map<string, Set<Expectation>>
  readonly ended: AbortController
  /** Aborted to look again at once. */
  wake: AbortController
}

function tell({ expectations }: WatchedAccount, sighting: Sighting): void {
  for (const expectation of expectations.get(sighting.publicKey) ?? []) {
    expectation.onSeen(sighting)
  }
}

function notAll(answered: number, servers: number): TransientError {
  return new TransientError({
    code: 'MESH_NO_ANSWER',
    message: `Only ${answered} of ${servers} NATS servers said who is connected.`,
    advice: 'It is asked again by itself. Look at the servers of the cluster if that goes on.',
  })
}

function sightingOf(
  account: string,
  publicKey: string,
  jwt: string | undefined,
  start: string,
): Sighting {
  return {
    account,
    publicKey,
    digest: jwt === undefined || jwt === '' ? undefined : digestOf(jwt),
    startedAt: new Date(start),
  }
}
