import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { DatabaseSync } from 'node:sqlite'
import type { BundleOrder, BundlePlan } from '#shared/contract/bundles.ts'
import type {
  Enrollment,
  EnrollmentOrder,
  EnrollmentsSnapshot,
  EnrollmentState,
  EnrollmentTicket,
} from '#shared/contract/enrollment.ts'
import { toMusterError, type MusterError } from '#shared/errors.ts'
import { problemOf } from '#shared/problem-of.ts'
import type { KeyAudit } from '../authority/key-use.ts'
import { nothingToHandOver } from '../bundles/bundle-errors.ts'
import { isLoopbackHost, requireUrls } from '../bundles/content/hosts.ts'
import type { Destination } from '../bundles/deliver/destination.ts'
import type { Logger } from '../log/logger.ts'
import type { SecretStore } from '../mesh/secret-store.ts'
import { inTransaction } from '../storage/database.ts'
import type { AnswerRequest } from '../web/hand-over-server.ts'
import { hashOf, isSecretOf } from '../web/known-secret.ts'
import { hostOf, packageUrl, servedAddresses, serverUrlLoopback } from '../web/served-address.ts'
import { pinOf, serverIdentity } from '../web/server-identity.ts'
import {
  cutOff,
  enrollmentOpen,
  enrollmentRevoked,
  enrollmentUnknown,
  nameDiffers,
} from './enrollment-errors.ts'
import { EnrollmentStore, type StoredEnrollment } from './enrollment-store.ts'
import { commandOf, newSecret, tokenOf } from './enrollment-token.ts'
import { PackageServers } from './package-servers.ts'
import { ResponseDestination } from './response-destination.ts'

const DEFAULT_PORT = 9443
/** As many as the window shows. */
const MAX_SHOWN = 1_000
/** Longest delay that a timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1
const MINUTE_MS = 60_000
/** An unknown package takes as long to refuse as a wrong token. */
const NOBODYS_HASH = hashOf('')

const OPEN: ReadonlySet<EnrollmentState> = new Set(['pending', 'provisioning', 'ready'])
const UNDER_WAY: ReadonlySet<EnrollmentState> = new Set(['provisioning', 'ready'])

/** What enrollment needs of the rest of the app. */
export interface EnrollmentParts {
  /** With ENROLLMENT_MIGRATIONS applied. */
  readonly database: DatabaseSync
  readonly bundles: {
    plan(choice: BundleOrder['choice']): Promise<BundlePlan>
    handOver(
      id: string,
      order: Omit<BundleOrder, 'destination'>,
      destination: Destination,
      signal: AbortSignal,
    ): Promise<void>
    keysOf(receipt: string): readonly string[] | undefined
  }
  readonly keychain: SecretStore
  readonly audit: KeyAudit
  /** Revokes what was issued for a key, however long the servers are away. Nothing where that is done already. */
  revokeKey(publicKey: string, reason: string): void
  /** Resolves once a connection that authenticated with this user key is on the mesh. */
  waitForKey(tenant: string, publicKey: string, signal: AbortSignal): Promise<void>
  readonly log: Logger
  readonly by: string
  readonly now?: () => Date
}

/**
 * Tokens that a device or a collector exchanges for its package, once. Nothing is issued before somebody shows
 * one; what did not arrive is withdrawn, and the token is good again until it expires.
 */
export class EnrollmentService {
  readonly #parts: EnrollmentParts
  readonly #now: () => Date
  readonly #store: EnrollmentStore
  readonly #servers: PackageServers
  readonly #listeners = new Set<(update: EnrollmentsSnapshot) => void>()
  readonly #underWay = new Map<string, { readonly stop: AbortController; done: Promise<void> }>()
  readonly #closing = new AbortController()
  #timer: NodeJS.Timeout | undefined

  constructor(parts: EnrollmentParts) {
    this.#parts = parts
    this.#now = parts.now ?? (() => new Date())
    this.#store = new EnrollmentStore(parts.database)
    this.#servers = new PackageServers({
      identity: () => serverIdentity(parts.keychain, this.#now()),
      answer: (url, response, from) => this.#answer(url, response, from),
      changed: () => this.#tell(),
      log: parts.log,
    })
  }

  /** All enrollments; then all again after each change. */
  subscribe(listener: (update: EnrollmentsSnapshot) => void): () => void {
    this.#listeners.add(listener)
    listener(this.#snapshot())
    return () => void this.#listeners.delete(listener)
  }

  /** Addresses of this computer under which packages could be fetched, those of the network first. */
  servers(): { url: string; loopback: boolean }[] {
    return servedAddresses(DEFAULT_PORT)
  }

  /**
   * Gives out a token; the server for it listens when this resolves. The ticket is told once.
   * @throws RejectedError `ENROLL_URL`, `ENROLL_LOOPBACK`, `BUNDLE_LOOPBACK`, `URL_INVALID`, `BUNDLE_EMPTY`,
   *   `TENANT_UNKNOWN`; TransientError `ENROLL_NOT_SERVED`; what the keychain throws.
   */
  async create(order: EnrollmentOrder): Promise<EnrollmentTicket> {
    const serverUrl = packageUrl(order.serverUrl)
    if (!order.allowLoopback && isLoopbackHost(hostOf(serverUrl))) {
      throw serverUrlLoopback(serverUrl)
    }
    requireUrls(order.urls, order.allowLoopback)
    const { credentials } = await this.#parts.bundles.plan(choiceOf(order))
    const refused = credentials.find(({ way }) => way === 'refuse')
    if (refused !== undefined) throw nothingToHandOver(refused.reason)
    const { certificatePem } = await serverIdentity(this.#parts.keychain, this.#now())
    await this.#servers.add(serverUrl)

    const at = this.#now()
    const { kind, tenant, name, urls, validDays, minutes } = order
    const enrollment: Enrollment = {
      id: randomUUID(),
      kind,
      tenant,
      name,
      state: 'pending',
      history: [{ state: 'pending', at: at.toISOString() }],
      expiresAt: new Date(at.getTime() + minutes * MINUTE_MS).toISOString(),
      validDays,
      serverUrl,
      urls,
      publicKey: null,
      fetchedBy: null,
      problem: null,
      by: this.#parts.by,
    }
    const secret = newSecret()
    inTransaction(this.#parts.database, () => {
      this.#store.add({
        enrollment,
        tokenSha256: hashOf(secret),
        allowLoopback: order.allowLoopback,
      })
      this.#note(enrollment, `A token for a ${kind}, good until ${enrollment.expiresAt}.`)
    })
    this.#follow()
    const token = tokenOf(enrollment, secret)
    return { enrollment, token, command: commandOf(enrollment, secret, pinOf(certificatePem)) }
  }

  /**
   * Ends an enrollment in whatever state: its token is dead at once, a package on its way is cut off, and a
   * credential that went out is revoked.
   * @throws RejectedError `ENROLLMENT_UNKNOWN`, `NAME_DIFFERS`.
   */
  async revoke(id: string, typed: string): Promise<void> {
    const { enrollment } = this.#get(id)
    if (typed !== enrollment.name) throw nameDiffers(enrollment.name)
    if (enrollment.state === 'revoked') return
    inTransaction(this.#parts.database, () => {
      this.#change(id, { state: 'revoked' })
      this.#note(enrollment, `The enrollment was revoked when it was ${enrollment.state}.`)
    })
    const underWay = this.#underWay.get(id)
    underWay?.stop.abort(enrollmentRevoked())
    await underWay?.done
    this.#revokeCredential(this.#get(id).enrollment)
    this.#follow()
  }

  /** Takes one out of the list. @throws RejectedError `ENROLLMENT_UNKNOWN`; ConflictError `ENROLLMENT_OPEN`. */
  remove(id: string): void {
    if (OPEN.has(this.#stateNow(this.#get(id).enrollment))) throw enrollmentOpen()
    this.#store.remove(id)
    this.#tell()
  }

  /** Goes on after a start, once the keychain is open: serves again, and sees to what was under way. */
  resume(): void {
    for (const enrollment of this.#store.all(MAX_SHOWN)) {
      const { id, state } = enrollment
      if (UNDER_WAY.has(state)) {
        const [key] = this.#parts.bundles.keysOf(id) ?? []
        if (key === undefined) this.#change(id, { state: 'pending', problem: problemOf(cutOff()) })
        else this.#change(id, { state: 'downloaded', publicKey: key })
      }
      // The app was ended between the mark and the revocation itself.
      if (state === 'revoked') this.#revokeCredential(enrollment)
      this.#awaitArrival(id)
    }
    this.#follow()
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#closing.abort()
    for (const { stop } of this.#underWay.values()) stop.abort(cutOff())
    await Promise.all([...this.#underWay.values()].map(({ done }) => done))
    await this.#servers.close()
    this.#listeners.clear()
  }

  async #answer(
    url: URL,
    response: ServerResponse,
    from: Parameters<AnswerRequest>[2],
  ): Promise<void> {
    const refuse = (status: number, text: string) => void response.writeHead(status).end(text)
    const id = /^\/api\/enroll\/([\w-]{1,64})$/u.exec(url.pathname)?.[1]
    const stored = id === undefined ? undefined : this.#store.get(id)
    const right = isSecretOf(
      url.searchParams.get('token') ?? '',
      stored?.tokenSha256 ?? NOBODYS_HASH,
    )
    if (stored === undefined || !right) {
      from.wrong()
      refuse(404, 'no such package, or a wrong token\n')
      return
    }
    const { enrollment } = stored
    const state = this.#stateNow(enrollment)
    if (UNDER_WAY.has(state)) {
      refuse(409, 'the package is being fetched just now\n')
      return
    }
    if (state !== 'pending') {
      refuse(410, `the token was ${state === 'revoked' || state === 'expired' ? state : 'used'}\n`)
      return
    }
    const stop = new AbortController()
    const done = this.#hand(stored, response, from.address, stop.signal)
    this.#underWay.set(enrollment.id, { stop, done })
    await done
  }

  /** Makes the package and sends it. Never throws: what went wrong is kept with the enrollment. */
  async #hand(
    { enrollment, allowLoopback }: StoredEnrollment,
    response: ServerResponse,
    address: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { id } = enrollment
    const { bundles, log } = this.#parts
    this.#change(id, { state: 'provisioning', fetchedBy: address, problem: null })
    const destination = new ResponseDestination(response, address, () =>
      this.#change(id, { state: 'ready' }),
    )
    try {
      await bundles.handOver(id, orderOf(enrollment, allowLoopback), destination, signal)
      const publicKey = bundles.keysOf(id)?.[0] ?? null
      // Revoked in the very last moment: `revoke` waits for this key.
      const state = this.#get(id).enrollment.state === 'revoked' ? 'revoked' : 'downloaded'
      this.#change(id, { state, publicKey })
      this.#awaitArrival(id)
    } catch (thrown) {
      const error = toMusterError(thrown)
      log.warn('a package could not be handed over', { error })
      this.#notTaken(id, error, response)
    } finally {
      this.#underWay.delete(id)
      this.#follow()
    }
  }

  #notTaken(id: string, error: MusterError, response: ServerResponse): void {
    if (!response.headersSent) response.writeHead(503)
    response.end(`${error.message}\n`)
    const revoked = this.#store.get(id)?.enrollment.state === 'revoked'
    if (!revoked) this.#change(id, { state: 'pending', problem: problemOf(error) })
  }

  #awaitArrival(id: string): void {
    const { tenant, publicKey, state } = this.#get(id).enrollment
    if (state !== 'downloaded' || publicKey === null) return
    this.#parts.waitForKey(tenant, publicKey, this.#closing.signal).then(
      () => {
        if (this.#store.get(id)?.enrollment.state !== 'downloaded') return
        this.#change(id, { state: 'installed' })
      },
      (error: unknown) => {
        if (this.#closing.signal.aborted) return
        this.#parts.log.warn('nobody watches for the arrival of a package', { error })
      },
    )
  }

  #revokeCredential({ publicKey, name }: Enrollment): void {
    if (publicKey === null) return
    this.#parts.revokeKey(publicKey, `The enrollment of ${name} was revoked.`)
  }

  #note({ id, name, tenant }: Enrollment, reason: string): void {
    this.#parts.audit.record([
      {
        action: 'enrollment',
        key: null,
        subject: `${name} of ${tenant}, package ${id}`,
        reason,
        result: 'done',
      },
    ])
  }

  #get(id: string): StoredEnrollment {
    const stored = this.#store.get(id)
    if (stored === undefined) throw enrollmentUnknown()
    return stored
  }

  #change(id: string, change: Partial<Enrollment>): void {
    const { enrollment } = this.#get(id)
    const { state } = change
    const at = this.#now().toISOString()
    const came = state !== undefined && state !== enrollment.state
    const history = came ? [...enrollment.history, { state, at }] : enrollment.history
    this.#store.change({ ...enrollment, ...change, history })
    this.#tell()
  }

  #stateNow({ state, expiresAt }: Enrollment): EnrollmentState {
    return state === 'pending' && Date.parse(expiresAt) <= this.#now().getTime() ? 'expired' : state
  }

  /** Writes down what expired, serves where a token is open, and comes back when the next one expires. */
  #follow(): void {
    if (this.#closing.signal.aborted) return
    clearTimeout(this.#timer)
    const open: Enrollment[] = []
    for (const enrollment of this.#store.all(MAX_SHOWN)) {
      const state = this.#stateNow(enrollment)
      if (state === 'expired' && enrollment.state !== 'expired')
        this.#change(enrollment.id, { state })
      if (OPEN.has(state)) open.push(enrollment)
    }
    void this.#servers.keep(new Set(open.map(({ serverUrl }) => serverUrl)))
    if (open.length === 0) return
    const next = Math.min(...open.map(({ expiresAt }) => Date.parse(expiresAt)))
    const delayMs = Math.min(Math.max(next - this.#now().getTime(), 0) + 1, MAX_TIMER_MS)
    this.#timer = setTimeout(() => this.#follow(), delayMs)
    this.#timer.unref()
  }

  #snapshot(): EnrollmentsSnapshot {
    const problems = [...this.#servers.problems()]
    return {
      type: 'snapshot',
      enrollments: this.#store.all(MAX_SHOWN),
      servers: problems.map(([url, problem]) => ({ url, problem })),
    }
  }

  #tell(): void {
    if (this.#listeners.size === 0) return
    const update = this.#snapshot()
    for (const listener of this.#listeners) listener(update)
  }
}

function choiceOf({
  kind,
  tenant,
  name,
  validDays,
}: Pick<Enrollment, 'kind' | 'tenant' | 'name' | 'validDays'>): BundleOrder['choice'] {
  return {
    kind: kind === 'collector' ? 'collector' : 'devices',
    tenant,
    devices: [],
    keys: 'new',
    credentialFolder: '',
    newDevices: [name],
    validDays,
    alsoCreds: kind === 'device',
    certificates: 'files',
    starters: [],
  }
}

/** Open, since TLS carries it to whoever has the token, and nobody else. */
function orderOf(enrollment: Enrollment, allowLoopback: boolean): Omit<BundleOrder, 'destination'> {
  const { urls, name } = enrollment
  return {
    choice: choiceOf(enrollment),
    name,
    urls,
    allowLoopback,
    sealing: { kind: 'plain', confirmed: true },
  }
}
