import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { messageOf } from '#shared/errors.ts'
import { verifyJwt } from '../authority/jwt.ts'
import type { Logger } from '../log/logger.ts'
import { AccountFolder } from '../mesh/account-folder.ts'
import { PatientServer } from './patient-server.ts'

/** The path that nats-server's URL resolver is configured with (protocol.md, "decentralized auth"). */
const COLLECTION = '/jwt/v1/accounts'

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
  readonly #server: PatientServer

  constructor(options: AccountServerOptions) {
    this.#options = options
    this.#folder = new AccountFolder(options.folder)
    const { host, port, logger } = options
    this.#server = new PatientServer({
      host,
      port,
      logger,
      what: 'account JWTs',
      answer: (path, request, response) => this.#answer(path, request, response),
    })
  }

  /** Resolves once it serves, or was closed before it could. */
  listening(): Promise<void> {
    return this.#server.listening()
  }

  close(): Promise<void> {
    return this.#server.close()
  }

  async #answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
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
