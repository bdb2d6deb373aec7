import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { messageOf } from '#shared/errors.ts'
import type { Logger } from '../log/logger.ts'
import { pause } from '../mesh/waiting.ts'

const HEADERS_TIMEOUT_MS = 5_000
const LISTEN_RETRY_MS = 2_000
const MAX_CONNECTIONS = 256

/** Where a server of the registry listens. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
}

export interface PatientServerOptions extends ListenAddress {
  /** What it serves, for the log. */
  readonly what: string
  readonly logger: Logger
  /** Answers GET and HEAD; the path comes without a query. */
  answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<void>
}

/**
 * A small HTTP server that waits for its port: another process may hold it for a moment, and a
 * registry does not stay away for that.
 */
export class PatientServer {
  readonly #options: PatientServerOptions
  readonly #server: Server
  readonly #closing = new AbortController()
  readonly #listening: Promise<void>

  constructor(options: PatientServerOptions) {
    this.#options = options
    this.#server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS }, (request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        options.logger.error('a request could not be answered', { what: options.what, error })
        response.writeHead(500).end()
      })
    })
    this.#server.maxConnections = MAX_CONNECTIONS
    this.#listening = this.#listen()
  }

  /** Resolves once it serves, or was closed before it could. */
  listening(): Promise<void> {
    return this.#listening
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#listening
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end()
      return
    }
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    await this.#options.answer(path, request, response)
  }

  async #listen(): Promise<void> {
    const { host, port, what, logger } = this.#options
    let warned = false
    while (!this.#closing.signal.aborted) {
      try {
        const listening = once(this.#server, 'listening')
        this.#server.listen({ host, port })
        await listening
        logger.info(`${what} are served`, { host, port })
        return
      } catch (error) {
        if (!warned) {
          logger.warn(`${what} can not be served yet`, { host, port, why: messageOf(error) })
        }
        warned = true
        await pause(LISTEN_RETRY_MS, this.#closing.signal)
      }
    }
  }
}
