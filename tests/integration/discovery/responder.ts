import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { Answer, Question } from 'dns-packet'
import makeMdns, { type MulticastDNS, type QueryPacket } from 'multicast-dns'

/** A device on the loopback link, as its records tell. */
export interface FakeDevice {
  readonly label: string
  readonly deviceId: string
  readonly host?: string
  readonly address?: string
  readonly port?: number
  readonly state?: string
  readonly deviceType?: string
  /** Seconds, of the records of its own. */
  readonly ttl?: number
  readonly pointerTtl?: number
}

/** A service type that no other test on this machine uses: all share the loopback link. */
export function uniqueService(): string {
  return `_t${randomBytes(5).toString('hex')}._tcp.local`
}

/** The records of a device, pointer first. */
export function recordsOf(device: FakeDevice, service: string): Answer[] {
  const { label, deviceId, host = `${deviceId}.local`, ttl = 120, pointerTtl = 4500 } = device
  const name = `${label}.${service}`
  const own = { ttl, flush: true, class: 'IN' } as const
  const { deviceType = 'pump', state = 'uncommissioned' } = device
  const data = [`device_id=${deviceId}`, `device_type=${deviceType}`, `state=${state}`]
  return [
    { type: 'PTR', name: service, ttl: pointerTtl, data: name },
    { ...own, type: 'SRV', name, data: { port: device.port ?? 5540, target: host } },
    { ...own, type: 'TXT', name, data },
    { ...own, type: 'A', name: host, data: device.address ?? '127.0.0.1' },
  ]
}

/** Devices on loopback that answer questions for the records that they have. */
export class Responder {
  readonly service: string
  readonly queries: QueryPacket[] = []
  readonly #mdns: MulticastDNS
  readonly #raw: Socket
  readonly #devices = new Map<string, Answer[]>()

  private constructor(service: string, mdns: MulticastDNS, raw: Socket) {
    this.service = service
    this.#mdns = mdns
    this.#raw = raw
    mdns.on('query', (query) => this.#answer(query))
  }

  static async open(service: string): Promise<Responder> {
    const mdns = makeMdns({ interface: '127.0.0.1', bind: '0.0.0.0' })
    // Hostile datagrams go out as they are, from the port that answers have to come from.
    const raw = createSocket({ type: 'udp4', reuseAddr: true })
    raw.bind(5353, '0.0.0.0')
    await Promise.all([once(mdns, 'ready'), once(raw, 'listening')])
    raw.setMulticastInterface('127.0.0.1')
    return new Responder(service, mdns, raw)
  }

  /** Gives devices all of their records, or some, and answers for them from now on. */
  add(device: FakeDevice, only: readonly Answer['type'][] = ['PTR', 'SRV', 'TXT', 'A']): void {
    const records = recordsOf(device, this.service).filter(({ type }) => only.includes(type))
    this.#devices.set(device.label, records)
  }

  /** Sends the records of a device to everybody without being asked. */
  announce(device: FakeDevice, only?: readonly Answer['type'][]): void {
    this.add(device, only)
    this.say(this.#devices.get(device.label) ?? [])
  }

  /** Answers no more for a device, without a goodbye. */
  silence(label: string): void {
    this.#devices.delete(label)
  }

  /** Takes a device away with a goodbye. */
  goodbye(label: string): void {
    const records = this.#devices.get(label) ?? []
    this.silence(label)
    this.say(records.map((record) => ({ ...record, ttl: 0 }) as Answer))
  }

  /** Sends a response of these records. */
  say(answers: Answer[]): void {
    this.#mdns.respond({ answers })
  }

  /** Sends bytes as they are, from port 5353 or another one. */
  sendRaw(datagram: Buffer, socket: Socket = this.#raw): void {
    socket.send(datagram, 5353, '224.0.0.251')
  }

  /** The direct questions that were asked so far, as `TYPE name`. */
  get asked(): string[] {
    return this.queries.flatMap(({ questions = [] }) =>
      questions.map(({ type, name }) => `${type} ${name}`),
    )
  }

  async close(): Promise<void> {
    const closed = once(this.#raw, 'close')
    this.#raw.close()
    await Promise.all([closed, new Promise<void>((resolve) => this.#mdns.destroy(resolve))])
  }

  #answer(query: QueryPacket): void {
    const questions = (query.questions ?? []).filter(({ name }) => this.#isOurs(name))
    if (questions.length === 0) return
    this.queries.push(query)
    const known = new Set(query.answers?.map((answer) => pointerTarget(answer)))
    for (const records of this.#devices.values()) {
      const answers = answersTo(questions, records).filter(
        (answer) => !known.has(pointerTarget(answer) ?? ''),
      )
      if (answers.length === 0) continue
      const additionals = records.filter((record) => !answers.includes(record))
      // As a hundred devices would: each for itself, a random time later (RFC 6762, section 6).
      setTimeout(() => this.#mdns.respond({ answers, additionals }), 20 + Math.random() * 100)
    }
  }

  #isOurs(name: string): boolean {
    // Everybody on this machine asks on loopback; what others ask is not for us.
    if (name.endsWith(this.service)) return true
    return [...this.#devices.values()].flat().some((record) => record.name === name)
  }
}

function answersTo(questions: readonly Question[], records: readonly Answer[]): Answer[] {
  return records.filter((record) =>
    questions.some(
      ({ type, name }) => type === record.type && name.toLowerCase() === record.name.toLowerCase(),
    ),
  )
}

function pointerTarget(answer: Answer): string | undefined {
  return answer.type === 'PTR' ? answer.data : undefined
}

/** A response with these header counts and this body, true or not. */
export function forgedResponse(counts: readonly number[], body: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(12)
  header.writeUInt16BE(0x8400, 2)
  counts.forEach((count, index) => header.writeUInt16BE(count, 4 + index * 2))
  return Buffer.concat([header, body])
}
