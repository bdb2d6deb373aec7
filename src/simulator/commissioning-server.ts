import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { messageOf } from '#shared/errors.ts'
import { parseJsonObject, type JsonObject } from '#shared/protocol/json-rpc.ts'

const MAX_BODY_BYTES = 64 * 1024
const MAX_DRAINED_BYTES = 4 * 1024 * 1024
const REQUEST_TIMEOUT_MS = 10_000

/** An answer of the protocol: a status and a JSON body. */
export interface CommissioningAnswer {
  readonly status: number
  readonly body: JsonObject
}

/** `answered` where a handler has dealt with the response itself. */
type Handled = CommissioningAnswer | 'answered'

export interface CommissioningHandlers {
  info(response: ServerResponse): Promise<Handled>
  /** The body is undefined where it is no JSON object. */
  commission(body: JsonObject | undefined, response: ServerResponse): Promise<Handled>
}

/** The plain HTTP server of an uncommissioned device (protocol.md, "Commissioning (LAN)"). */
export class CommissioningServer {
  readonly #server: Server
  readonly #handlers: CommissioningHandlers

  constructor(handlers: CommissioningHandlers) {
    this.#handlers = handlers
    this.#server = createServer(
      { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS },
      (request, response) => void this.#handle(request, response),
    )
  }

  /**
   * Listens; port 0 takes any free one. Returns the port.
   * @throws the system's error, `EADDRINUSE` above all.
   */
  async listen(host: string, port: number): Promise<number> {
    this.#server.listen(port, host)
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  /** Refuses new connections from now on; answers under way are finished. */
  refuse(): void {
    this.#server.close()
  }

  /** Stops and cuts what is under way. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#server.listening) {
      const closed = once(this.#server, 'close')
      this.#server.close()
      this.#server.closeAllConnections()
      await closed
    }
    this.#server.closeAllConnections()
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const answer = await this.#route(request, response)
      if (answer !== 'answered') reply(response, answer)
    } catch (error) {
      if (response.headersSent) response.destroy()
      else reply(response, { status: 500, body: { success: false, error: messageOf(error) } })
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<Handled> {
    const { pathname } = new URL(request.url ?? '/', 'http://device')
    if (pathname === '/info') {
      return request.method === 'GET' ? this.#handlers.info(response) : failure(405, 'Use GET')
    }
    if (pathname !== '/commission') return failure(404, 'Not found')
    if (request.method !== 'POST') return failure(405, 'Use POST')
    const body = await readBody(request)
    if (body === undefined) return failure(413, 'Request body too large')
    return this.#handlers.commission(parseJsonObject(body), response)
  }
}

/** `{success: false, error}` with a status. */
export function failure(status: number, error: string): CommissioningAnswer {
  return { status, body: { success: false, error } }
}

function reply(response: ServerResponse, { status, body }: CommissioningAnswer): void {
  if (response.destroyed) return
  // One request a connection: a device closes its port without waiting for idle clients.
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    connection: 'close',
  })
  response.end(JSON.stringify(body))
}

/**
 * Reads the body; undefined where it is beyond the cap. The rest is read and dropped, so that the
 * answer gets through.
 */
function readBody(request: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= MAX_BODY_BYTES) chunks.push(chunk)
      else resolve(undefined)
      if (size > MAX_DRAINED_BYTES) request.destroy()
    })
    request.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
    request.once('error', reject)
  })
}
