import { Agent, type IncomingMessage, request as httpRequest } from 'node:http'
import { isIPv6 } from 'node:net'
import { MusterError, TransientError } from '#shared/errors.ts'
import {
  deviceConnectionLost,
  deviceRedirected,
  deviceReplyMalformed,
  deviceReplyTooLarge,
  deviceTimeout,
  deviceUnreachable,
} from './device-errors.ts'

/** More than any device has to say; a hostile one is cut off here while it still sends. */
const REPLY_LIMIT_BYTES = 64 * 1024
const HEADER_LIMIT_BYTES = 16 * 1024

export interface ExchangeRequest {
  /** An IP literal: names are resolved before, so that a name can't move between two requests. */
  readonly address: string
  readonly port: number
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** JSON text. */
  readonly body?: string
  /** For the TCP connection alone. */
  readonly connectTimeoutMs: number
  /** For everything, the last byte of the reply included. */
  readonly deadlineMs: number
  readonly signal: AbortSignal
  /** From here on the device may have received the request, whatever happens. */
  onConnected?(): void
}

export interface ExchangeReply {
  readonly status: number
  readonly text: string
}

/**
 * One HTTP exchange with a device, by `node:http` and not by `fetch`: fetch follows redirects,
 * decompresses (64 KiB can become 64 MB), pools connections and takes proxies from the
 * environment. Here there is one connection of its own, no proxy, no cookie, no redirect, no
 * decoding, and the body is counted as it arrives.
 * @throws MusterError `DEVICE_UNREACHABLE`, `DEVICE_TIMEOUT`, `DEVICE_CONNECTION_LOST`,
 *   `DEVICE_REPLY_TOO_LARGE`, `DEVICE_REPLY_MALFORMED`, `DEVICE_REDIRECTED`, or the signal's reason.
 */
export function exchange(options: ExchangeRequest): Promise<ExchangeReply> {
  const { signal } = options
  const address = hostAndPort(options.address, options.port)
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(abortReason(signal))
      return
    }
    let connected = false
    const agent = new Agent({ keepAlive: false })
    const outgoing = httpRequest({
      agent,
      host: options.address,
      port: options.port,
      method: options.method,
      path: options.path,
      headers: headersOf(options, address),
      maxHeaderSize: HEADER_LIMIT_BYTES,
      insecureHTTPParser: false,
    })
    let settled = false
    const settle = (end: () => void) => {
      if (settled) return
      settled = true
      clearTimeout(connectTimer)
      clearTimeout(deadlineTimer)
      signal.removeEventListener('abort', onAbort)
      outgoing.destroy()
      agent.destroy()
      end()
    }
    const fail = (error: unknown) => settle(() => reject(error))
    const onAbort = () => fail(abortReason(signal))
    const connectTimer = setTimeout(
      () => fail(deviceTimeout(address, options.connectTimeoutMs)),
      options.connectTimeoutMs,
    )
    const deadlineTimer = setTimeout(
      () => fail(deviceTimeout(address, options.deadlineMs)),
      options.deadlineMs,
    )
    signal.addEventListener('abort', onAbort)
    outgoing.on('socket', (socket) => {
      socket.once('connect', () => {
        connected = true
        clearTimeout(connectTimer)
        options.onConnected?.()
      })
    })
    outgoing.on('error', (error) => fail(explain(error, address, connected)))
    outgoing.on('response', (reply) => {
      readReply(reply, address).then(
        (result) => settle(() => resolve(result)),
        (error: unknown) => fail(error),
      )
    })
    outgoing.end(options.body)
  })
}

/** `host:port`, with brackets around IPv6. */
export function hostAndPort(address: string, port: number): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`
}

function headersOf(options: ExchangeRequest, address: string): Record<string, string | number> {
  return {
    // A zone index (%eth0) is of this machine only and is not part of a host.
    host: address.replace(/%[^\]]*/u, ''),
    accept: 'application/json',
    'accept-encoding': 'identity',
    connection: 'close',
    ...(options.body === undefined
      ? {}
      : {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(options.body),
        }),
  }
}

async function readReply(reply: IncomingMessage, address: string): Promise<ExchangeReply> {
  const status = reply.statusCode ?? 0
  if (status >= 300 && status < 400) throw deviceRedirected(address, status)
  if (Number(reply.headers['content-length'] ?? 0) > REPLY_LIMIT_BYTES) {
    throw deviceReplyTooLarge(address, REPLY_LIMIT_BYTES)
  }
  const encoding = reply.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') throw deviceReplyMalformed(address, 'it compresses its answer')
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of reply as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength
      if (bytes > REPLY_LIMIT_BYTES) throw deviceReplyTooLarge(address, REPLY_LIMIT_BYTES)
      chunks.push(chunk)
    }
  } catch (error) {
    throw explain(error, address, true)
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
    return { status, text }
  } catch (cause) {
    throw deviceReplyMalformed(address, 'its answer is not text', cause)
  }
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'EINVAL',
  'ENOTFOUND',
  'EACCES',
  'EPERM',
])

/** Node's error as what it means for the person; MusterErrors unchanged. */
function explain(error: unknown, address: string, connected: boolean): unknown {
  if (error instanceof MusterError) return error
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') {
    return error
  }
  const { code } = error
  if (code === 'HPE_HEADER_OVERFLOW') return deviceReplyTooLarge(address, REPLY_LIMIT_BYTES)
  if (code.startsWith('HPE_')) {
    return deviceReplyMalformed(address, 'its answer is not HTTP', error)
  }
  if (code === 'ETIMEDOUT' && !connected) return deviceUnreachable(address, error)
  if (UNREACHABLE.has(code) || !connected) return deviceUnreachable(address, error)
  return deviceConnectionLost(address, error)
}

function abortReason(signal: AbortSignal): unknown {
  const reason: unknown = signal.reason
  if (reason instanceof MusterError) return reason
  return new TransientError({
    code: 'CANCELLED',
    message: 'It was cancelled before the device had answered.',
    advice: 'Start it again when you are ready.',
    cause: reason,
  })
}
