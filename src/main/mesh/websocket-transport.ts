import { WebSocket, type RawData } from 'ws'
import {
  checkOptions,
  ConnectionError,
  DataBuffer,
  deferred,
  extractProtocolMessage,
  INFO,
  ProtocolError,
  type ConnectionOptions,
  type Server,
  type Transport,
} from '@nats-io/nats-core/internal'
import { messageOf } from '#shared/errors.ts'

/** What the frames of one message may add up to; the server's own bound is `max_payload`. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024

/** How long a closing handshake may take before the socket is cut. */
const CLOSE_TIMEOUT_MS = 1_000

/** Whom to trust and what to show, as PEM. */
export interface TlsMaterial {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

/**
 * NATS over WebSocket by the `ws` package. nats-core's own `wsconnect` uses the global WebSocket,
 * which knows no certificate authority of one's own and hides why a handshake failed.
 */
export class WebSocketTransport implements Transport {
  readonly lang = 'nats.ws'
  readonly version: string
  closeError?: Error
  readonly #url: string
  readonly #tls: TlsMaterial
  readonly #closed = deferred<void | Error>()
  #socket: WebSocket | undefined
  #frames: Uint8Array[] = []
  #wake = deferred<void>()
  #ready = false
  #done = false

  /** @param url `ws://` or `wss://` */
  constructor(url: string, version: string, tls: TlsMaterial) {
    this.#url = url
    this.version = version
    this.#tls = tls
  }

  get isClosed(): boolean {
    return this.#done
  }

  connect(_server: Server, options: ConnectionOptions): Promise<void> {
    const connected = deferred<void>()
    const socket = new WebSocket(this.#url, {
      maxPayload: MAX_FRAME_BYTES,
      perMessageDeflate: false,
      handshakeTimeout: options.timeout ?? 0,
      ...this.#tls,
    })
    this.#socket = socket
    socket.on('message', (data) => {
      this.#frames.push(toBytes(data))
      if (this.#ready) this.#wake.resolve()
      else this.#peek(options, connected)
    })
    // `close` always follows `error`.
    socket.on('error', (error) => {
      this.closeError = error
    })
    socket.on('close', () => {
      connected.reject(this.closeError ?? new ConnectionError('closed before it was open'))
      this.#finish()
    })
    return connected
  }

  /** The server speaks first: nothing else is read before its INFO fits the options. */
  #peek(options: ConnectionOptions, connected: ReturnType<typeof deferred<void>>): void {
    const text = extractProtocolMessage(DataBuffer.concat(...this.#frames))
    if (text === '') return
    try {
      const info: unknown = JSON.parse(INFO.exec(text)?.[1] ?? '')
      checkOptions(info as Parameters<typeof checkOptions>[0], { ...options, tls: null })
      this.#ready = true
      this.#wake.resolve()
      connected.resolve()
    } catch (error) {
      connected.reject(new ProtocolError(`unexpected response from server: ${messageOf(error)}`))
      this.discard()
    }
  }

  async *[Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    while (!this.#done) {
      if (this.#frames.length === 0) await this.#wake
      const frames = this.#frames
      this.#frames = []
      this.#wake = deferred<void>()
      yield* frames
    }
  }

  isEncrypted(): boolean {
    return this.#url.startsWith('wss:')
  }

  send(frame: Uint8Array): void {
    // A failed write shows as a closed socket or a ping without answer.
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(frame, () => undefined)
  }

  async close(error?: Error): Promise<void> {
    if (error !== undefined) this.closeError ??= error
    const socket = this.#socket
    if (socket === undefined || this.#done) return this.#finish()
    const cut = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS)
    socket.close()
    await this.#closed
    clearTimeout(cut)
  }

  disconnect(): void {
    this.#socket?.terminate()
  }

  closed(): Promise<void | Error> {
    return this.#closed
  }

  discard(): void {
    this.#socket?.terminate()
  }

  #finish(): void {
    this.#done = true
    this.#wake.resolve()
    this.#closed.resolve(this.closeError)
  }
}

function toBytes(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data)
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data
}
