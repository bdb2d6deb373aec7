import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { messageOf } from '#shared/errors.ts'
import { verifyJwt } from '../authority/jwt.ts'
import type { Logger } from '../log/logger.ts'
import { AccountFolder } from '../mesh/account-folder.ts'
import { pause } from '../mesh/waiting.ts'

/** The path that nats-server's URL resolver is configured with (protocol.md, "decentralized auth"). */
const COLLECTION = '/jwt/v1/accounts'

const HEADERS_TIMEOUT_MS = 5_000
const LISTEN_RETRY_MS = 2_000
const MAX_CONNECTIONS = 256

export interface AccountServerOptions {
  readonly host: string
  readonly port: number
  /** One file for each account, and `operator.jwt` of whoever must have signed them. */
  readonly folder: string
  readonly logger: Logger
}

/**
 * Serves account JWTs to nats-servers that use the URL resolver. They are public, so nobody is asked who he
 * is; but nothing is served that the operator did not sign for the account that is asked for, since a
 * server would refuse everybody in it.
 */
export class AccountServer {
  readonly #options: AccountServerOptions
  readonly #folder: AccountFolder
  readonly #server: Server
  readonly #closing = new AbortController()
  readonly #listening: Promise<void>

  constructor(options: AccountServerOptions) {
    this.#options = options
    this.#folder = new AccountFolder(options.folder)
    this.#server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS }, (request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        options.logger.error('an account could not be served', { error })
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

  /** Tries until the port is free: a nats-server that starts meanwhile tries again too. */
  async #listen(): Promise<void> {
    const { host, port, logger } = this.#options
    while (!this.#closing.signal.aborted) {
      try {
        const listening = once(this.#server, 'listening')
        this.#server.listen({ host, port })
        await listening
        logger.info('account JWTs are served', { host, port })
        return
      } catch (error) {
        logger.warn('account JWTs can not be served yet', { host, port, why: messageOf(error) })
        await pause(LISTEN_RETRY_MS, this.#closing.signal)
      }
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end()
      return
    }
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    // nats-server asks for the bare collection when it starts, and wants to hear 200.
    if (path === COLLECTION || path === `${COLLECTION}/`) {
      response.writeHead(200, { 'content-type': 'application/jwt' }).end()
      return
    }
    const account = path.startsWith(`${COLLECTION}/`) ? path.slice(COLLECTION.length + 1) : ''
    const jwt = await this.#jwtOf(account)
    if (jwt === undefined) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('unknown account\n')
      return
    }
    const headers = { etag: etagOf(jwt), 'cache-control': 'no-cache' }
    if (request.headers['if-none-match'] === headers.etag) {
      response.writeHead(304, headers).end()
      return
    }
    const body = { 'content-type': 'application/jwt', 'content-length': jwt.length }
    response.writeHead(200, { ...headers, ...body }).end(request.method === 'GET' ? jwt : undefined)
  }

  /** The account as it is in the folder; undefined where there is none that may be served. */
  async #jwtOf(account: string): Promise<string | undefined> {
    const jwt = await this.#folder.read(account)
    if (jwt === undefined) return undefined
    try {
      const issuers = await this.#folder.operatorKeys()
      const claims = verifyJwt(jwt, {
        type: 'account',
        ...(issuers === undefined ? {} : { issuers }),
      })
      if (claims.sub === account) return jwt
      this.#options.logger.error('an account file holds another account', { account })
    } catch (error) {
      this.#options.logger.error('an account file can not be served', {
        account,
        why: messageOf(error),
      })
    }
    return undefined
  }
}

function etagOf(jwt: string): string {
  return `"${createHash('sha256').update(jwt).digest('base64url')}"`
}
