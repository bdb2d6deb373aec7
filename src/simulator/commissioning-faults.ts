import type { ServerResponse } from 'node:http'
import { systemClock } from './clock.ts'

/** What an endpoint does instead of answering as it should. */
export type ReplyFault =
  /** Text that is no JSON. */
  | 'malformed'
  /** A well-formed answer of one megabyte. */
  | 'huge'
  /** Headers, then bytes without an end. */
  | 'never-ending'
  /** Takes the request and never answers. */
  | 'stalled'
  /** A 302 to `redirectTo`. */
  | 'redirect'
  /** A 500 without the JSON of the protocol. */
  | 'server-error'
  /** Closes the connection in the middle of the answer. */
  | 'dies'

/**
 * Faults that a commissioning device can be told to have, to prove that the other side copes. Plain
 * data, so that they can be part of a plan for another process.
 */
export interface CommissioningFaults {
  readonly info?: ReplyFault
  /** `/info` says another id than the advertisement. */
  readonly infoDeviceId?: string
  /** Stands in `/info` as the public key, whatever it is. */
  readonly infoNkey?: string
  readonly infoDelayMs?: number
  /**
   * Beside the faults of a reply: `refused` closes the port once `/info` was read;
   * `dies-before-taking` and `dies-after-taking` cut the connection before and after the
   * credentials were stored; `never-online` takes them, says so, and does nothing with them.
   */
  readonly commission?:
    | ReplyFault
    | 'refused'
    | 'dies-before-taking'
    | 'dies-after-taking'
    | 'never-online'
  readonly commissionDelayMs?: number
  readonly redirectTo?: string
  /** Markup and control characters in the type, the capabilities and the instance name. */
  readonly hostileText?: boolean
  /** Replaces or adds TXT entries of the advertisement. */
  readonly txt?: Readonly<Record<string, string>>
}

/** What a hostile device calls itself: markup, control characters, a direction override. */
export const HOSTILE_TEXT =
  '<img src=x onerror=alert(1)>"\'&\u0000\u0007\u001B[31m\u202Eevil\r\n<script>alert(2)</script>'

const HUGE_BYTES = 1024 * 1024
const DRIP_INTERVAL_MS = 20
const DRIP_BYTES = 4096
/** An endless answer ends at last, in case that nobody hangs up. */
const DRIP_MAX_BYTES = 16 * 1024 * 1024

/** Answers a request wrongly, as told. */
export function answerWithFault(
  fault: ReplyFault,
  response: ServerResponse,
  redirectTo = 'http://127.0.0.1:9/info',
): void {
  switch (fault) {
    case 'malformed':
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"device_id": "robot')
      return
    case 'huge':
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ success: true, padding: 'x'.repeat(HUGE_BYTES) }))
      return
    case 'never-ending':
      response.writeHead(200, { 'content-type': 'application/json' })
      drip(response, 0)
      return
    case 'stalled':
      return
    case 'redirect':
      response.writeHead(302, { location: redirectTo }).end()
      return
    case 'server-error':
      response.writeHead(500, { 'content-type': 'text/html' }).end('<h1>Internal error</h1>')
      return
    case 'dies':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 })
      response.write('{"success": true, "devi', () => response.destroy())
      return
    default:
      fault satisfies never
  }
}

function drip(response: ServerResponse, sent: number): void {
  if (response.destroyed || sent >= DRIP_MAX_BYTES) {
    response.destroy()
    return
  }
  response.write(' '.repeat(DRIP_BYTES))
  systemClock.after(DRIP_INTERVAL_MS, () => drip(response, sent + DRIP_BYTES))
}
