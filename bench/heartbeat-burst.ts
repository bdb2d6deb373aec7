import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'

const DEVICES_IN_FLEET = 1000
/** Heartbeats of one burst; all of them fit into what the server holds for a client (64 MB). */
export const BEATS = 200_000
const ANSWER_TIMEOUT_MS = 60_000
const INBOX = 'bench.answers'

export const DEVICE_IDS: readonly string[] = Array.from(
  { length: DEVICES_IN_FLEET },
  (_, index) => `device-${String(index).padStart(4, '0')}`,
)

/**
 * A client that sends heartbeats as bytes made beforehand: a sender that costs next to nothing, so
 * that the receiver is what is measured. It speaks NATS without authentication.
 */
export class HeartbeatSender {
  readonly #socket: Socket
  readonly #closed = new AbortController()
  #received = ''

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay()
    socket.once('error', (error) => this.#closed.abort(error))
    socket.once('close', () => this.#closed.abort(new Error('nats-server ended the connection.')))
    socket.on('data', (data: Buffer) => this.#receive(data.toString('latin1')))
    socket.write(`CONNECT {"verbose":false,"pedantic":false}\r\nSUB ${INBOX} 1\r\nPING\r\n`)
  }

  static async open(url: string): Promise<HeartbeatSender> {
    const { hostname, port } = new URL(url)
    const socket = connectTcp(Number(port), hostname)
    await once(socket, 'connect')
    return new HeartbeatSender(socket)
  }

  /**
   * Sends `beats` and then a request on `subject`, and resolves with the answer. The server hands on
   * what one client sends in order, so the answer comes when every heartbeat was taken in.
   */
  async send(beats: Buffer, subject: string, request: string): Promise<string> {
    this.#received = ''
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)])
    this.#socket.write(beats)
    this.#socket.write(`PUB ${subject} ${INBOX} ${Buffer.byteLength(request)}\r\n${request}\r\n`)
    for (;;) {
      const answer = /^MSG bench\.answers 1 \d+\r\n(.*)\r\n/m.exec(this.#received)?.[1]
      if (answer !== undefined) return answer
      await once(this.#socket, 'data', { signal })
    }
  }

  /** Sends them and waits for nothing. */
  push(beats: Buffer): void {
    this.#socket.write(beats)
  }

  close(): void {
    this.#socket.destroy()
  }

  #receive(text: string): void {
    this.#received += text
    if (text.includes('PING\r\n')) this.#socket.write('PONG\r\n')
    const refused = /-ERR '[^']*'/.exec(text)?.[0]
    if (refused !== undefined) this.#socket.destroy(new Error(`nats-server says ${refused}`))
  }
}

/** Heartbeats of the whole fleet, round after round, in which nothing changes but the time. */
export function unchangedBeats(
  tenant: string,
  count: number,
  deviceIds: readonly string[] = DEVICE_IDS,
): Buffer {
  const startedAt = Date.now() / 1000
  const lines: string[] = []
  for (let index = 0; index < count; index += 1) {
    const deviceId = deviceIds[index % deviceIds.length] ?? ''
    const ts = startedAt + Math.floor(index / deviceIds.length) * 5 + 0.25
    const beat = `{"device_id":"${deviceId}","ts":${ts.toFixed(3)},"location":"hall/north","availability":"available","busy_score":0.25,"battery":88,"online":true}`
    lines.push(
      `PUB device-connect.${tenant}.${deviceId}.heartbeat ${Buffer.byteLength(beat)}\r\n${beat}\r\n`,
    )
  }
  return Buffer.from(lines.join(''))
}

/** A heartbeat whose status holds `mark`, as bytes of the NATS protocol. */
export function markedBeat(tenant: string, deviceId: string, mark: string): string {
  const beat = `{"device_id":"${deviceId}","ts":${(Date.now() / 1000).toFixed(3)},"error_state":"${mark}"}`
  return `PUB device-connect.${tenant}.${deviceId}.heartbeat ${Buffer.byteLength(beat)}\r\n${beat}\r\n`
}
