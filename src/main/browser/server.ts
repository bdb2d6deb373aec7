import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { RPCHandler } from '@orpc/server/ws'
import { WebSocketServer, type WebSocket } from 'ws'
import { RejectedError } from '#shared/errors.ts'
import type { Logger } from '../log/logger.ts'
import type { AppRouter } from '../router/router.ts'
import { SECURITY_HEADERS } from '../web/content-security-policy.ts'
import type { StaticFiles } from '../web/static-files.ts'
import { attachmentNamed, type Downloads } from './downloads.ts'
import { cookieOf, hasLoopbackHost, hasOwnOrigin } from './request-guard.ts'
import { Sessions } from './session.ts'

const MAX_TOKEN_REQUEST_BYTES = 1024
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024
/** A window that reads this much too slowly is cut; it reconnects and gets fresh snapshots. */
const MAX_UNREAD_BYTES = 32 * 1024 * 1024
const MAX_WINDOWS = 16
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 15_000

export interface BrowserServerOptions {
  readonly router: AppRouter
  readonly files: StaticFiles
  /** Files that the app gives to its windows; none without. */
  readonly downloads?: Downloads
  /** 0 for any free port. */
  readonly port: number
  readonly log: Logger
}

export interface BrowserServer {
  readonly port: number
  /** A new one-time URL that opens the app; its token stands in the fragment. */
  mintUrl(): string
  close(): Promise<void>
}

/**
 * Serves the app to a browser of this machine: a fixed table of files, `POST /session` that
 * exchanges a one-time token for a cookie, and the contract over a WebSocket at `/rpc`. Binds
 * 127.0.0.1 only and refuses every request whose Host is not a loopback name.
 * @throws RejectedError `PORT_IN_USE`.
 */
export async function startBrowserServer(options: BrowserServerOptions): Promise<BrowserServer> {
  const sessions = new Sessions()
  const server = createServer({ maxHeaderSize: 16_384 })
  server.headersTimeout = HEADERS_TIMEOUT_MS
  server.requestTimeout = REQUEST_TIMEOUT_MS
  const port = await listen(server, options.port)
  const cookieName = `muster_session_${port}`

  server.on('request', (request, response) => {
    answer(request, response, { ...options, sessions, cookieName }).catch((error: unknown) => {
      options.log.warn('A request could not be answered', { error })
      response.destroy()
    })
  })
  const windows = serveWindows(server, sessions, cookieName, options)

  return {
    port,
    mintUrl: () => `http://127.0.0.1:${port}/#token=${sessions.mintLink()}`,
    close: async () => {
      for (const window of windows.clients) window.terminate()
      windows.close()
      options.downloads?.close()
      server.closeAllConnections()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}

interface RequestContext {
  readonly sessions: Sessions
  readonly files: StaticFiles
  readonly downloads?: Downloads
  readonly cookieName: string
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  context: RequestContext,
): Promise<void> {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value)
  if (!hasLoopbackHost(request)) return refuse(response, 421)
  // The request target is compared as it came, undecoded: it is a key of a table, not a path.
  const target = request.url ?? ''
  if (request.method === 'POST' && target === '/session')
    return exchangeToken(request, response, context)
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405)
  if (request.method === 'GET' && sendDownload(request, response, context)) return undefined
  const file = context.files.get(target)
  if (file === undefined) return refuse(response, 404)
  response.writeHead(200, {
    'Content-Type': file.contentType,
    'Content-Length': file.content.length,
    'Cache-Control': file.immutable ? 'private, max-age=31536000, immutable' : 'no-store',
  })
  response.end(request.method === 'HEAD' ? undefined : file.content)
}

/** Sends a file that waits to be downloaded; whether the request was for one. */
function sendDownload(
  request: IncomingMessage,
  response: ServerResponse,
  { sessions, downloads, cookieName }: RequestContext,
): boolean {
  if (!sessions.holds(cookieOf(request, cookieName))) return false
  const file = downloads?.take(request.url ?? '')
  if (file === undefined) return false
  const content = Buffer.from(file.content)
  response.writeHead(200, {
    'Content-Type': file.mediaType,
    'Content-Length': content.length,
    'Content-Disposition': attachmentNamed(file.name),
    'Cache-Control': 'no-store',
  })
  response.end(content)
  return true
}

async function exchangeToken(
  request: IncomingMessage,
  response: ServerResponse,
  context: RequestContext,
): Promise<void> {
  if (!hasOwnOrigin(request)) return refuse(response, 403)
  const token = await readToken(request)
  const session = token === undefined ? undefined : context.sessions.exchange(token)
  if (session !== undefined) {
    response.setHeader(
      'Set-Cookie',
      `${context.cookieName}=${session}; HttpOnly; SameSite=Strict; Path=/`,
    )
    response.writeHead(204).end()
    return
  }
  // Without a token the window asks whether its cookie still holds; the answer is yes or no.
  const known = token === undefined && context.sessions.holds(cookieOf(request, context.cookieName))
  response.writeHead(known ? 204 : 401).end()
}

async function readToken(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > MAX_TOKEN_REQUEST_BYTES) return undefined
    chunks.push(bytes)
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    if (typeof body !== 'object' || body === null || !('token' in body)) return undefined
    return typeof body.token === 'string' ? body.token : undefined
  } catch {
    return undefined
  }
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Cache-Control': 'no-store',
  })
  response.end(`${status}\n`)
}

function serveWindows(
  server: Server,
  sessions: Sessions,
  cookieName: string,
  options: BrowserServerOptions,
): WebSocketServer {
  const handler = new RPCHandler(options.router)
  const windows = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
  })
  server.on('upgrade', (request, socket, head) => {
    const status = upgradeRefusal(request, sessions, cookieName, windows.clients.size)
    if (status !== undefined) return refuseUpgrade(socket, status)
    windows.handleUpgrade(request, socket, head, (window) => {
      window.on('error', (error) => options.log.debug('A window connection failed', { error }))
      void handler.upgrade(guardAgainstSlowReader(window), { context: {} })
    })
  })
  return windows
}

function upgradeRefusal(
  request: IncomingMessage,
  sessions: Sessions,
  cookieName: string,
  openWindows: number,
): number | undefined {
  if (!hasLoopbackHost(request)) return 421
  if (request.url !== '/rpc') return 404
  if (!hasOwnOrigin(request)) return 403
  if (!sessions.holds(cookieOf(request, cookieName))) return 401
  return openWindows >= MAX_WINDOWS ? 503 : undefined
}

function refuseUpgrade(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

function guardAgainstSlowReader(window: WebSocket): Pick<WebSocket, 'addEventListener' | 'send'> {
  return {
    addEventListener: window.addEventListener.bind(window),
    send: (data: Parameters<WebSocket['send']>[0]) => {
      if (window.bufferedAmount > MAX_UNREAD_BYTES) window.terminate()
      else window.send(data)
    },
  }
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? portInUse(port, error) : error)
    })
    server.listen({ port, host: '127.0.0.1' }, resolve)
  })
  return (server.address() as AddressInfo).port
}

function portInUse(port: number, cause: Error): RejectedError {
  return new RejectedError({
    code: 'PORT_IN_USE',
    message: `Another program already listens on port ${port} of this computer.`,
    advice: 'End that program, or start Muster with another --port (0 picks a free one).',
    details: { port },
    cause,
  })
}
