import { isIP } from 'node:net'
import { checkServerIdentity, type PeerCertificate, type TLSSocket } from 'node:tls'
import {
  deferred,
  setTransportFactory,
  wsUrlParseFn,
  type ConnectionOptions,
  type Server,
  type TlsOptions,
  type Transport,
} from '@nats-io/nats-core/internal'
// Its own file: the package exports only `connect`, which sets the global factory (see below).
import { NodeTransport } from '@nats-io/transport-node/lib/node_transport.js'
import { WebSocketTransport, type TlsMaterial } from './websocket-transport.ts'

/** A certificate that a client shows, with its private key: a secret. */
export interface ClientCertificate {
  readonly certificatePem: string
  readonly keyPem: string
}

/** Options of one connection that reach its transport. */
export interface MeshTransportOptions extends ConnectionOptions {
  /** Certificate authority as PEM; the system's where undefined. */
  readonly caPem?: string
  /** For servers that ask clients for a certificate. */
  readonly clientCertificate?: ClientCertificate
  /** Refuses a server without TLS; without it TLS is used where the server offers it. */
  readonly demandTls: boolean
}

/**
 * Makes nats-core open TCP, TLS and WebSocket connections side by side. The factory is global to
 * nats-core and used again at each reconnect, so that `connect` and `wsconnect` in one process
 * break each other's connections. Called before every dial: whoever else set it since loses.
 */
export function useMeshTransport(): void {
  setTransportFactory({ factory: () => new MeshTransport() })
}

/** `url` in the form that nats-core takes, with the port that its scheme implies. */
export function serverUrl(url: string): string {
  return isWebSocket(url) ? wsUrlParseFn(url) : url
}

/** Whether a URL is of a WebSocket listener. */
export function isWebSocket(url: string): boolean {
  return /^wss?:\/\//iu.test(url)
}

/** Whether a URL demands TLS. */
export function demandsTls(url: string): boolean {
  return /^(?:tls|wss):\/\//iu.test(url)
}

/** Chooses TCP or WebSocket by the server's URL, once `connect` says which server it is. */
class MeshTransport implements Transport {
  closeError?: Error
  readonly #closed = deferred<void | Error>()
  #inner: Transport = new TcpTransport()
  #connected = false

  get lang(): string {
    return this.#inner.lang
  }

  get version(): string {
    return this.#inner.version
  }

  get isClosed(): boolean {
    return this.#inner.isClosed
  }

  async connect(server: Server, options: MeshTransportOptions): Promise<void> {
    if (isWebSocket(server.src)) {
      this.#inner = new WebSocketTransport(server.src, this.version, tlsOf(options))
    }
    await this.#inner.connect(server, options)
    this.#connected = true
    void this.#inner.closed().then((error) => {
      if (error instanceof Error) this.closeError = error
      this.#closed.resolve(error)
    })
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    return this.#inner[Symbol.asyncIterator]()
  }

  isEncrypted(): boolean {
    return this.#inner.isEncrypted()
  }

  send(frame: Uint8Array): void {
    this.#inner.send(frame)
  }

  async close(error?: Error): Promise<void> {
    // Before it is connected, NodeTransport's close does nothing and would leave the socket open.
    if (!this.#connected) this.#inner.discard()
    await this.#inner.close(error)
  }

  disconnect(): void {
    this.#inner.disconnect()
  }

  closed(): Promise<void | Error> {
    return this.#closed
  }

  discard(): void {
    this.#inner.discard()
  }
}

interface ServerTlsOptions extends TlsOptions {
  readonly servername: string
  readonly checkServerIdentity: (name: string, certificate: PeerCertificate) => Error | undefined
}

/** TCP, upgraded to TLS where the server offers or the options demand it. */
class TcpTransport extends NodeTransport {
  #tls: ServerTlsOptions | undefined

  override connect(server: Server, options: MeshTransportOptions): Promise<void> {
    const name = server.tlsName === '' ? server.hostname : server.tlsName
    this.#tls = {
      servername: isIP(name) === 0 ? name : '',
      // Node would compare the certificate of a server addressed by IP with `localhost`: it never
      // learns the address of a socket that it did not open itself.
      checkServerIdentity: (_name, certificate) => checkServerIdentity(name, certificate),
      ...tlsOf(options),
    }
    const { tls: _tls, ...plain } = options
    return super.connect(server, options.demandTls ? { ...plain, tls: this.#tls } : plain)
  }

  override startTLS(): Promise<TLSSocket> {
    if (this.#tls !== undefined) this.options = { ...this.options, tls: this.#tls }
    return super.startTLS()
  }
}

/** What TLS and `ws` take, in the names that both have for it. */
function tlsOf({ caPem, clientCertificate }: MeshTransportOptions): TlsMaterial {
  return {
    ...(caPem === undefined ? {} : { ca: caPem }),
    ...(clientCertificate === undefined
      ? {}
      : { cert: clientCertificate.certificatePem, key: clientCertificate.keyPem }),
  }
}
