import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { Logger } from '../log/logger.ts'
import { TryLimit } from './try-limit.ts'

const HEADERS_TIMEOUT_MS = 5_000
const MAX_CONNECTIONS = 64
const MAX_HEADER_BYTES = 8 * 1024
const MIN_TLS = 'TLSv1.2'

/**
 * Answers a GET. `wrong` is to be called for each secret that is not right: an address with too many of them is
 * refused before it is heard.
 */
export type AnswerRequest = (
  url: URL,
  response: ServerResponse,
  from: { readonly address: string; readonly wrong: () => void },
) => Promise<void>

export interface HandOverServerOptions {
  /** Address of this computer. */
  readonly host: string
  readonly port: number
  /** Secret. */
  readonly tls: { readonly certificatePem: string; readonly keyPem: string }
  readonly answer: AnswerRequest
  readonly log: Logger
}

/**
 * A small HTTPS server that hands something out to whoever knows a secret: one address of this computer, GET
 * only, guesses limited by address, each connection used once.
 */
export class HandOverServer {
  readonly #options: HandOverServerOptions
  readonly #server: Server
  readonly #tries = new TryLimit()

  constructor(options: HandOverServerOptions) {
    this.#options = options
    const { certificatePem, keyPem } = options.tls
    this.#server = createServer(
      {
        cert: certificatePem,
        key: keyPem,
        minVersion: MIN_TLS,
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: HEADERS_TIMEOUT_MS,
        maxHeaderSize: MAX_HEADER_BYTES,
        keepAlive: false,
      },
      (request, response) => {
        this.#answer(request, response).catch((error: unknown) => {
          options.log.error('a request for a package could not be answered', { error })
          if (!response.headersSent) response.writeHead(500)
          response.end()
        })
      },
    )
    this.#server.maxConnections = MAX_CONNECTIONS
  }

  /** Resolves once it listens. @throws what the system says, such as `EADDRINUSE`. */
  async listen(): Promise<void> {
    const { host, port } = this.#options
    const listening = once(this.#server, 'listening')
    this.#server.listen({ host, port })
    await listening
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const address = request.socket.remoteAddress ?? 'unknown'
    response.setHeader('connection', 'close')
    response.setHeader('cache-control', 'no-store')
    if (request.method !== 'GET') {
      response.writeHead(405, { allow: 'GET' }).end()
      return
    }
    if (!this.#tries.allows(address)) {
      response.writeHead(429, { 'retry-after': '60' }).end('too many tries\n')
      return
    }
    const url = URL.parse(request.url ?? '', 'https://unused.invalid')
    if (url === null) {
      response.writeHead(400).end()
      return
    }
    await this.#options.answer(url, response, {
      address,
      wrong: () => this.#tries.wrong(address),
    })
  }
}
