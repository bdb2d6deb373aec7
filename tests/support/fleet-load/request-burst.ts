import { once } from 'node:events'
import { connect } from 'node:net'

const INBOX = '_INBOX.burst'
const TIMEOUT_MS = 120_000

export interface Burst {
  readonly tookMs: number
  /** Milliseconds of each request that `isGood` holds for. */
  readonly times: readonly number[]
  readonly failed: number
}

/**
 * Sends requests, `inFlight` at a time, on a connection of its own that speaks NATS as bytes: a
 * client library would take more of the machine than the registry that is measured.
 * @param answered told of each request that `isGood` holds for
 */
export async function requestBurst(
  url: string,
  subject: string,
  requests: readonly Uint8Array[],
  inFlight: number,
  isGood: (reply: string) => boolean,
  answered: (index: number) => void = () => undefined,
): Promise<Burst> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.setNoDelay()
  socket.setEncoding('latin1')
  socket.write(`CONNECT {"verbose":false,"pedantic":false}\r\nSUB ${INBOX}.* 1\r\n`)
  const sentAt: number[] = []
  const times: number[] = []
  let failed = 0
  let next = 0
  /** One write for as many as there is room for. */
  const send = (count: number) => {
    const parts: Uint8Array[] = []
    const now = performance.now()
    for (; count > 0 && next < requests.length; count -= 1, next += 1) {
      const request = requests[next] ?? new Uint8Array()
      sentAt[next] = now
      const head = `PUB ${subject} ${INBOX}.${next} ${request.length}\r\n`
      parts.push(Buffer.from(head, 'latin1'), request, CRLF)
    }
    if (parts.length > 0) socket.write(Buffer.concat(parts))
  }
  const startedAt = performance.now()
  const done = Promise.withResolvers<void>()
  socket.once('close', () => done.reject(new Error('nats-server ended the connection.')))
  const late = setTimeout(() => socket.destroy(), TIMEOUT_MS)
  let rest = ''
  socket.on('data', (chunk: string) => {
    const { replies, left } = repliesIn(rest + chunk)
    rest = left
    const now = performance.now()
    for (const { index, text } of replies) {
      if (isGood(text)) {
        times.push(now - (sentAt[index] ?? now))
        answered(index)
      } else failed += 1
    }
    if (chunk.includes('PING\r\n')) socket.write('PONG\r\n')
    if (times.length + failed === requests.length) done.resolve()
    else send(replies.length)
  })
  send(inFlight)
  try {
    await done.promise
    return { tookMs: performance.now() - startedAt, times, failed }
  } finally {
    clearTimeout(late)
    socket.destroy()
  }
}

const CRLF = Buffer.from('\r\n')

interface Reply {
  readonly index: number
  readonly text: string
}

/** The whole messages in what came so far, and what is left of it. */
function repliesIn(text: string): { readonly replies: readonly Reply[]; readonly left: string } {
  const replies: Reply[] = []
  let at = 0
  for (;;) {
    const end = text.indexOf('\r\n', at)
    if (end < 0) break
    const line = text.slice(at, end)
    if (line.startsWith('MSG ')) {
      const [, subject = '', , bytes = '0'] = line.split(' ')
      const from = end + 2
      const to = from + Number(bytes)
      if (text.length < to + 2) break
      const index = Number(subject.slice(INBOX.length + 1))
      replies.push({ index, text: text.slice(from, to) })
      at = to + 2
    } else {
      at = end + 2
    }
  }
  return { replies, left: text.slice(at) }
}
