import { randomBytes, X509Certificate } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { HandOver, HandOverTicket } from '#shared/contract/bundles.ts'
import { messageOf, type MusterError } from '#shared/errors.ts'
import { problemOf } from '#shared/problem-of.ts'
import type { Logger } from '../../../log/logger.ts'
import type { CertifiedKey } from '../../../mesh/x509.ts'
import { HandOverServer, type AnswerRequest } from '../../../web/hand-over-server.ts'
import { hashOf, isSecretOf } from '../../../web/known-secret.ts'
import { sendOnce } from '../../../web/send-once.ts'
import {
  hostOf,
  listenAt,
  packageUrl,
  portTaken,
  serverUrlLoopback,
} from '../../../web/served-address.ts'
import { pinOf } from '../../../web/server-identity.ts'
import { isLoopbackHost } from '../../content/hosts.ts'
import { sha256Of } from '../../manifest/sign-manifest.ts'
import type {
  DeliveredFile,
  DeliveryRun,
  Destination,
  DestinationFacts,
  OutgoingFile,
} from '../destination.ts'
import { codeOf, fetchCommand, newCode, spoken } from './hand-over-code.ts'
import { guessed, handOverEnded, notFetched, timedOut } from './hand-over-errors.ts'
import { handOverPage, OPENER_PATH, PAGE_HEADERS, type PageNote } from './hand-over-page.ts'

/** So many wrong codes end it: whoever mistypes one needs no more, and who guesses gets no more. */
export const MAX_WRONG_CODES = 20

export interface NetworkDestinationOptions {
  /** `https://host:port` of this computer. */
  readonly serverUrl: string
  /** The receiving side is this very computer. */
  readonly allowLoopback: boolean
  /** How long it waits to be fetched. */
  readonly waitMs: number
  /** Key and certificate of the server. Secret. */
  readonly identity: () => Promise<CertifiedKey>
  readonly log: Logger
  readonly now?: () => Date
}

/**
 * Another computer on the network that fetches the bundle from this one, once, with a short code. Served over
 * TLS at one address, from before anything is issued until it was fetched, its time is over, or it is cancelled.
 */
export class NetworkDestination implements Destination {
  readonly #options: NetworkDestinationOptions
  readonly #url: string
  readonly #server: HandOverServer
  readonly #certificatePem: string
  /** Until a code is given out, that of one that nobody knows. */
  #codeSha256 = unknownHash()
  #state: HandOver
  #listener: (state: HandOver) => void = () => undefined
  #waiting: Waiting | undefined
  #sending = false
  #left = false
  #ended = false

  private constructor(
    options: NetworkDestinationOptions,
    place: { readonly url: string; readonly host: string; readonly port: number },
    tls: CertifiedKey,
  ) {
    this.#options = options
    this.#url = place.url
    this.#certificatePem = tls.certificatePem
    this.#server = new HandOverServer({
      host: place.host,
      port: place.port,
      tls,
      answer: (url, response, from) => this.#answer(url, response, from),
      log: options.log,
    })
    this.#state = {
      url: place.url,
      until: null,
      from: null,
      wrongCodes: 0,
      wrongFrom: null,
      problem: null,
    }
  }

  /** @throws RejectedError `ENROLL_URL`, `ENROLL_LOOPBACK`; what the keychain throws. */
  static async open(options: NetworkDestinationOptions): Promise<NetworkDestination> {
    const url = packageUrl(options.serverUrl)
    if (!options.allowLoopback && isLoopbackHost(hostOf(url))) throw serverUrlLoopback(url)
    const place = await listenAt(url)
    return new NetworkDestination(options, { url, ...place }, await options.identity())
  }

  get facts(): DestinationFacts {
    return {
      kind: 'network',
      label: this.#state.from ?? this.#url,
      path: null,
      serial: null,
      fileSystem: null,
      syncedBy: null,
    }
  }

  readonly handOver = {
    state: (): HandOver => this.#state,
    onChange: (listener: (state: HandOver) => void): void => {
      this.#listener = listener
    },
    /** A code, and what to do with it; the one before is dead with it. @throws ConflictError `HAND_OVER_ENDED`. */
    newTicket: (file: string): HandOverTicket => {
      if (this.#ended || this.#state.wrongCodes >= MAX_WRONG_CODES) throw handOverEnded()
      const code = newCode()
      this.#codeSha256 = hashOf(code)
      const pin = pinOf(this.#certificatePem)
      return {
        code: spoken(code),
        command: fetchCommand(this.#url, code, file, pin),
        url: this.#url,
        fingerprint: new X509Certificate(this.#certificatePem).fingerprint256,
      }
    },
  }

  /** Listens from here on. @throws TransientError `ENROLL_NOT_SERVED`. */
  async check(): Promise<void> {
    try {
      await this.#server.listen()
    } catch (error) {
      throw portTaken(this.#url, messageOf(error), error)
    }
  }

  /**
   * Waits until the first of the files was fetched; what lies beside a bundle on a stick, the page says itself.
   * @throws TransientError `HAND_OVER_TIMED_OUT`, `HAND_OVER_GUESSED`; what the signal was aborted with.
   */
  async deliver(files: readonly OutgoingFile[], run: DeliveryRun): Promise<DeliveredFile[]> {
    const [bundle, ...beside] = files
    if (bundle === undefined) return []
    const opener = beside.find(({ name }) => name.endsWith('.html'))
    const { waitMs, now = () => new Date() } = this.#options
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    const expired = AbortSignal.timeout(waitMs)
    this.#waiting = {
      bundle,
      opener,
      signal: run.signal,
      expired,
      arrived: () => resolve(undefined),
      reject,
    }
    const stop = () => reject(run.signal.reason)
    // What is on its way when the time is over may still arrive.
    const late = () => (this.#sending ? undefined : reject(timedOut()))
    run.signal.addEventListener('abort', stop)
    expired.addEventListener('abort', late)
    try {
      run.signal.throwIfAborted()
      const { wrongCodes, wrongFrom } = this.#state
      if (wrongCodes >= MAX_WRONG_CODES) throw guessed(wrongFrom ?? '')
      run.onProgress({ step: 'waiting', bytes: 0, total: bundle.content.length })
      this.#change({ until: new Date(now().getTime() + waitMs).toISOString() })
      await promise
    } finally {
      this.#ended = true
      this.#waiting = undefined
      run.signal.removeEventListener('abort', stop)
      expired.removeEventListener('abort', late)
    }
    const { name, content } = bundle
    return [{ name, path: null, bytes: content.length, sha256: sha256Of(content) }]
  }

  /** Whether nobody got a byte of it. */
  untouched(): boolean {
    return !this.#left
  }

  async takeBack(): Promise<void> {
    // What was sent can't be fetched back; its credentials are revoked by the bundle's procedure.
  }

  close(): Promise<void> {
    return this.#server.close()
  }

  async #answer(
    url: URL,
    response: ServerResponse,
    from: Parameters<AnswerRequest>[2],
  ): Promise<void> {
    const show = (status: number, note: PageNote) =>
      void response
        .writeHead(status, PAGE_HEADERS)
        .end(handOverPage(note, this.#waiting?.opener !== undefined))
    if (url.pathname === '/') {
      show(200, this.#ended ? 'gone' : 'none')
      return
    }
    const opener = this.#waiting?.opener
    if (url.pathname === OPENER_PATH && opener !== undefined) {
      // Generic and not secret; it brings a policy of its own along.
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(opener.content)
      return
    }
    if (url.pathname !== '/take') {
      response.writeHead(404).end()
      return
    }
    if (!isSecretOf(codeOf(url.searchParams.get('code') ?? ''), this.#codeSha256)) {
      from.wrong()
      show(403, 'wrong')
      this.#wrong(from.address)
      return
    }
    const waiting = this.#waiting
    if (this.#ended) show(410, 'gone')
    else if (waiting === undefined) show(503, 'early')
    else if (this.#sending) show(409, 'busy')
    else await this.#send(waiting, response, from.address)
  }

  async #send(waiting: Waiting, response: ServerResponse, from: string): Promise<void> {
    this.#sending = true
    this.#left = true
    this.#change({ from, problem: null })
    try {
      const broken = await sendOnce(response, waiting.bundle, waiting.signal)
      if (broken === undefined) waiting.arrived()
      else this.#change({ from: null, problem: problemOf(notFetched(from, broken)) })
    } catch {
      // Cancelled, which the waiting side hears by itself.
      response.destroy()
    } finally {
      this.#sending = false
    }
    if (waiting.expired.aborted) waiting.reject(timedOut())
  }

  #wrong(from: string): void {
    if (this.#ended) return
    const wrongCodes = this.#state.wrongCodes + 1
    this.#change({ wrongCodes, wrongFrom: from })
    if (wrongCodes < MAX_WRONG_CODES) return
    this.#codeSha256 = unknownHash()
    if (!this.#sending) this.#waiting?.reject(guessed(from))
  }

  #change(change: Partial<HandOver>): void {
    this.#state = { ...this.#state, ...change }
    this.#listener(this.#state)
  }
}

function unknownHash(): string {
  return hashOf(randomBytes(32).toString('hex'))
}

interface Waiting {
  readonly bundle: OutgoingFile
  /** The page that opens a sealed one in a browser. */
  readonly opener: OutgoingFile | undefined
  readonly signal: AbortSignal
  readonly expired: AbortSignal
  readonly arrived: () => void
  readonly reject: (error: MusterError) => void
}
