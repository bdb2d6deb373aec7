import { sign } from 'node:crypto'
import { connect as connectTcp, isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { createWebSocketStream, WebSocket } from 'ws'
import { z } from 'zod'
import { RejectedError, TransientError } from '#shared/errors.ts'
import { privateKeyOf } from '../authority/nkey.ts'

const MAX_LINE_CHARS = 64 * 1024

const Info = z.object({
  server_id: z.string().default(''),
  server_name: z.string().default(''),
  version: z.string().default(''),
  nonce: z.string().optional(),
  tls_required: z.boolean().default(false),
  tls_available: z.boolean().default(false),
  auth_required: z.boolean().default(false),
  max_payload: z.int().optional(),
})
/** What a NATS server greets every client with. */
export type ServerInfo = z.infer<typeof Info>

export interface RawTarget {
  readonly host: string
  readonly port: number
  /** Demands TLS; without it TLS is used where the server demands it. */
  readonly tls: boolean
  /** Speaks WebSocket; then `tls` alone decides. */
  readonly webSocket?: boolean
  readonly caPem: string | null
}

/**
 * A client connection that shows what the server really says. The library's client tells "Authorization
 * Violation" and the like as a class of its own and loses the words of the rest.
 */
export class RawNats {
  readonly info: ServerInfo
  readonly encrypted: boolean
  readonly #socket: Duplex
  readonly #lines: Lines

  private constructor(socket: Duplex, lines: Lines, info: ServerInfo, encrypted: boolean) {
    this.#socket = socket
    this.#lines = lines
    this.info = info
    this.encrypted = encrypted
  }

  /**
   * Connects, reads the greeting and turns TLS on where one side demands it. Sends nothing else.
   * @throws RejectedError `RAW_NOT_NATS`, `RAW_TLS_NOT_OFFERED`; what the socket throws; the reason of the
   *   signal.
   */
  static async open(target: RawTarget, signal: AbortSignal): Promise<RawNats> {
    const { host, port, tls, caPem } = target
    if (target.webSocket === true) return openWebSocket(target, signal)
    const plain = connectTcp({ host, port, noDelay: true })
    let socket: Duplex = await opened(plain, 'connect', signal)
    let lines = new Lines(socket, signal)
    try {
      const info = infoIn(await lines.next())
      const encrypted = tls || info.tls_required || (caPem !== null && info.tls_available)
      if (encrypted) {
        if (!info.tls_required && !info.tls_available) throw tlsNotOffered()
        lines.release()
        const servername = isIP(host) === 0 ? { servername: host } : {}
        const ca = caPem === null ? {} : { ca: caPem }
        const secured = connectTls({ socket: plain, host, ...servername, ...ca })
        socket = await opened(secured, 'secureConnect', signal)
        lines = new Lines(socket, signal)
      }
      return new RawNats(socket, lines, info, encrypted)
    } catch (error) {
      socket.destroy()
      throw error
    }
  }

  /** Takes over a connection whose greeting was read. */
  static of(socket: Duplex, lines: Lines, info: ServerInfo, encrypted: boolean): RawNats {
    return new RawNats(socket, lines, info, encrypted)
  }

  /**
   * Logs in; returns undefined where the server lets the user in, else its own words, such as
   * `Authorization Violation`.
   * @throws TransientError `RAW_CLOSED` where it hangs up without a word; the reason of the signal.
   */
  async login(credentials: {
    readonly jwt: string
    readonly seed: string
  }): Promise<string | undefined> {
    const { publicKey, key } = privateKeyOf(credentials.seed)
    const { nonce } = this.info
    const options = {
      verbose: false,
      pedantic: false,
      tls_required: this.encrypted,
      lang: 'node',
      version: '1',
      name: 'Muster access doctor',
      protocol: 1,
      headers: true,
      no_responders: true,
      jwt: credentials.jwt,
      nkey: publicKey,
      sig: nonce === undefined ? '' : sign(null, Buffer.from(nonce), key).toString('base64url'),
    }
    this.#socket.write(`CONNECT ${JSON.stringify(options)}\r\n`)
    const [error] = await this.flush()
    return error
  }

  /** Writes protocol lines, such as `SUB a.b 1`. */
  send(...lines: readonly string[]): void {
    this.#socket.write(lines.map((line) => `${line}\r\n`).join(''))
  }

  /** Waits until the server has dealt with everything that was sent; returns the errors it told. */
  async flush(): Promise<string[]> {
    this.send('PING')
    const errors: string[] = []
    for (;;) {
      const line = await this.#lines.next(errors)
      if (line === undefined || line === 'PONG') return errors
      const error = /^-ERR '(.*)'$/u.exec(line)?.[1]
      if (error !== undefined) errors.push(error)
      else if (line === 'PING') this.send('PONG')
    }
  }

  close(): void {
    this.#socket.destroy()
  }
}

/** The lines that come in, one at a time. */
class Lines {
  readonly #socket: Duplex
  readonly #signal: AbortSignal
  readonly #waiting: string[] = []
  #text = ''
  #ended = false
  #error: Error | undefined
  #wake: () => void = () => undefined

  constructor(socket: Duplex, signal: AbortSignal) {
    this.#socket = socket
    this.#signal = signal
    socket.on('data', this.#onData)
    // Over WebSocket the end comes without a close.
    socket.on('end', this.#onClose)
    socket.on('close', this.#onClose)
    socket.on('error', this.#onError)
  }

  /** Leaves the socket to somebody else. */
  release(): void {
    this.#socket.off('data', this.#onData)
    this.#socket.off('end', this.#onClose)
    this.#socket.off('close', this.#onClose)
  }

  /**
   * The next line. Where the connection was closed after `told` errors that is the end: undefined.
   * @throws TransientError `RAW_CLOSED` where it was closed without a word.
   */
  async next(): Promise<string>
  async next(told: readonly string[]): Promise<string | undefined>
  async next(told: readonly string[] = []): Promise<string | undefined> {
    for (;;) {
      this.#signal.throwIfAborted()
      const line = this.#waiting.shift()
      if (line !== undefined) return line
      if (this.#ended) {
        if (told.length > 0) return undefined
        throw this.#error ?? closed()
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        this.#signal.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }

  readonly #onData = (chunk: Buffer): void => {
    const parts = (this.#text + chunk.toString('utf8')).split('\r\n')
    this.#text = parts.pop() ?? ''
    this.#waiting.push(...parts)
    if (this.#text.length > MAX_LINE_CHARS) this.#socket.destroy(notNats())
    this.#wake()
  }

  readonly #onClose = (): void => {
    this.#ended = true
    this.#wake()
  }

  readonly #onError = (error: Error): void => {
    this.#error = error
  }
}

async function openWebSocket(target: RawTarget, signal: AbortSignal): Promise<RawNats> {
  const { host, port, tls, caPem } = target
  const address = isIP(host) === 6 ? `[${host}]` : host
  const client = new WebSocket(`${tls ? 'wss' : 'ws'}://${address}:${port}/`, {
    perMessageDeflate: false,
    ...(caPem === null ? {} : { ca: caPem }),
  })
  const onAbort = () => client.terminate()
  signal.addEventListener('abort', onAbort, { once: true })
  const socket = createWebSocketStream(client)
  const lines = new Lines(socket, signal)
  try {
    return RawNats.of(socket, lines, infoIn(await lines.next()), tls)
  } catch (error) {
    client.terminate()
    throw error
  }
}

async function opened<S extends Duplex>(
  socket: S,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<S> {
  try {
    signal.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      socket.once(event, () => resolve())
      socket.once('error', reject)
      socket.once('close', () => reject(closed()))
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    return socket
  } catch (error) {
    socket.on('error', () => undefined)
    socket.destroy()
    throw error
  }
}

function infoIn(line: string): ServerInfo {
  try {
    const parsed = Info.safeParse(JSON.parse(/^INFO (\{.*\})\s*$/u.exec(line)?.[1] ?? ''))
    if (parsed.success) return parsed.data
  } catch {
    // As below.
  }
  throw notNats()
}

function notNats(): RejectedError {
  return new RejectedError({
    code: 'RAW_NOT_NATS',
    message: 'What answers there does not greet as a NATS server does.',
    advice:
      'Check address and port: nats:// and tls:// need the client port, ws:// and wss:// the WebSocket port.',
  })
}

function tlsNotOffered(): RejectedError {
  return new RejectedError({
    code: 'RAW_TLS_NOT_OFFERED',
    message: 'The server offers no TLS, and the credentials demand it.',
    advice: 'Turn TLS on at the server, or issue credentials with a nats:// address.',
  })
}

function closed(): TransientError {
  return new TransientError({
    code: 'RAW_CLOSED',
    message: 'The server hung up without saying why.',
    advice: 'Look at the log of the server.',
  })
}
