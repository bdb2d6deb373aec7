import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import {
  decode,
  encode,
  type Answer,
  type DecodedPacket,
  type Packet,
  type Question,
} from 'dns-packet'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../../../src/simulator/clock.ts'
import { freeUdpPort } from '../../support/free-udp-port.ts'
import { openMdnsResponder, type MdnsResponder } from '../../../src/simulator/mdns-responder.ts'

const GROUP = '224.0.0.251'
const TYPE = '_device-connect._tcp.local'

interface Heard {
  /** Time of the responder's clock. */
  readonly at: number
  readonly packet: DecodedPacket
}

/** A querier with its own socket on the mDNS port of the test. */
class Querier {
  readonly heard: Heard[] = []
  readonly socket: Socket
  readonly #port: number

  constructor(port: number) {
    this.#port = port
    this.socket = createSocket({ type: 'udp4', reuseAddr: true })
    this.socket.on('message', (bytes) => {
      // Responses only (top bit of the flags): it hears questions, its own among them, as well.
      if (bytes.length >= 12 && (bytes.readUInt8(2) & 0x80) !== 0) {
        this.heard.push({ at: clock.now(), packet: decode(bytes) })
      }
    })
  }

  async open(bindTo = this.#port): Promise<void> {
    this.socket.bind(bindTo, '0.0.0.0')
    await once(this.socket, 'listening')
    this.socket.addMembership(GROUP, '127.0.0.1')
    this.socket.setMulticastInterface('127.0.0.1')
  }

  ask(questions: Question[], more: Partial<Packet> = {}): void {
    this.socket.send(encode({ type: 'query', questions, ...more }), this.#port, GROUP)
  }

  answers(): Answer[] {
    return this.heard.flatMap(({ packet }) => packet.answers ?? [])
  }

  /** What the PTR records point to. */
  pointers(): string[] {
    return this.answers().flatMap((answer) => (answer.type === 'PTR' ? [answer.data] : []))
  }
}

let clock: ManualClock
let port: number
let responder: MdnsResponder
let querier: Querier
const sockets: Socket[] = []

beforeEach(async () => {
  clock = new ManualClock()
  port = await freeUdpPort()
  responder = await openMdnsResponder({ port, clock })
  querier = await openQuerier()
})

afterEach(async () => {
  await responder.close()
  for (const socket of sockets.splice(0)) socket.close()
})

async function openQuerier(bindTo = port): Promise<Querier> {
  const opened = new Querier(port)
  sockets.push(opened.socket)
  await opened.open(bindTo)
  return opened
}

function advertise(instance: string) {
  return responder.advertise({
    instance,
    type: TYPE,
    port: 5540,
    address: '127.0.0.1',
    txt: { device_id: instance, device_type: 'probe', state: 'uncommissioned' },
  })
}

/** Lets the responder's time run, 10 ms at a step, until `what` is as expected. */
function soon<T>(what: () => T) {
  return expect.poll(
    () => {
      clock.advance(10)
      return what()
    },
    { interval: 2 },
  )
}

/** Advertises, and lets the announcements and the second after them pass. */
async function advertiseAndSettle(...instances: string[]) {
  const withdraws = instances.map(advertise)
  clock.advance(1_000)
  await soon(() => querier.pointers().length).toBe(instances.length * 2)
  clock.advance(1_000)
  querier.heard.length = 0
  return withdraws
}

const instanceOf = (name: string) => `${name}.${TYPE}`
const everyDevice: Question[] = [{ name: TYPE, type: 'PTR' }]

test('announces twice, a second apart, and says goodbye', async () => {
  const withdraw = advertise('probe-1')
  clock.advance(999)
  await expect.poll(() => querier.heard.length).toBe(1)
  clock.advance(1)
  await expect.poll(() => querier.heard.length).toBe(2)
  for (const { packet } of querier.heard) {
    expect(packet.answers).toMatchObject([
      { type: 'PTR', name: TYPE, ttl: 4500, flush: false, data: instanceOf('probe-1') },
      { type: 'SRV', ttl: 120, flush: true, data: { port: 5540 } },
      { type: 'TXT', ttl: 4500, flush: true },
      { type: 'A', ttl: 120, flush: true, data: '127.0.0.1' },
    ])
  }
  await withdraw()
  await expect.poll(() => querier.heard.length).toBe(3)
  expect(querier.heard[2]?.packet.answers).toMatchObject([
    { type: 'PTR', ttl: 0 },
    { type: 'SRV', ttl: 0 },
    { type: 'TXT', ttl: 0 },
  ])
})

test('knows nothing of a service that was withdrawn', async () => {
  const [withdraw] = await advertiseAndSettle('probe-1', 'probe-2')
  await withdraw?.()
  await expect.poll(() => querier.heard.length).toBe(1)
  querier.heard.length = 0
  querier.ask([{ name: instanceOf('probe-1'), type: 'SRV' }])
  querier.ask(everyDevice)
  await soon(() => querier.pointers()).toEqual([instanceOf('probe-2')])
  expect(querier.answers()).toHaveLength(1)
})

test('answers each kind of question, with what will be asked next beside it', async () => {
  await advertiseAndSettle('probe-1')
  querier.ask([{ name: TYPE.toUpperCase(), type: 'PTR' }])
  await soon(() => querier.heard.length).toBe(1)
  expect(querier.heard[0]?.packet.answers).toMatchObject([{ type: 'PTR' }])
  expect(querier.heard[0]?.packet.additionals).toMatchObject([
    { type: 'SRV' },
    { type: 'TXT' },
    { type: 'A' },
  ])
  querier.heard.length = 0
  querier.ask([{ name: '_services._dns-sd._udp.local', type: 'PTR' }])
  await soon(() => querier.answers()).toMatchObject([{ type: 'PTR', data: TYPE }])
})

test('spreads answers that others may give too over a tenth of a second', async () => {
  await advertiseAndSettle('probe-1')
  const askedAt = clock.now()
  querier.ask(everyDevice)
  await soon(() => querier.heard.length).toBe(1)
  expect((querier.heard[0]?.at ?? 0) - askedAt).toBeGreaterThanOrEqual(20)
})

test('multicasts a record at most once a second', async () => {
  await advertiseAndSettle('probe-1')
  const question: Question[] = [{ name: instanceOf('probe-1'), type: 'SRV' }]
  querier.ask(question)
  await soon(() => querier.heard.length).toBe(1)
  querier.ask(question)
  querier.ask(question)
  await soon(() => querier.heard.length).toBe(2)
  const [first, second] = querier.heard
  // The packets arrive up to a step after they were sent.
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(950)
})

test('keeps quiet about what the asker knows', async () => {
  await advertiseAndSettle('probe-1', 'probe-2')
  const known = (instance: string, ttl: number): Answer => ({
    type: 'PTR',
    name: TYPE,
    ttl,
    data: instanceOf(instance),
  })
  querier.ask(everyDevice, { answers: [known('probe-1', 4000), known('probe-2', 100)] })
  await soon(() => querier.pointers()).toEqual([instanceOf('probe-2')])
})

test('waits for the known answers that follow a truncated query', async () => {
  await advertiseAndSettle('probe-1', 'probe-2')
  const TRUNCATED = 1 << 9
  const known = { type: 'PTR', name: TYPE, ttl: 4000, data: instanceOf('probe-1') } as const
  const askedAt = clock.now()
  querier.ask(everyDevice, { flags: TRUNCATED })
  querier.ask([], { answers: [known] })
  await soon(() => querier.pointers()).toEqual([instanceOf('probe-2')])
  expect((querier.heard[0]?.at ?? 0) - askedAt).toBeGreaterThanOrEqual(400)
})

test('answers the asker alone where it asks for that', async () => {
  await advertiseAndSettle('probe-1')
  // On Linux a unicast packet reaches the socket that was bound last.
  const asker = await openQuerier()
  const bytes = encode({ type: 'query', questions: everyDevice })
  bytes[bytes.length - 2] = 0x80
  asker.socket.send(bytes, port, GROUP)
  await soon(() => asker.pointers()).toEqual([instanceOf('probe-1')])
  expect(querier.heard).toEqual([])
})

test('answers a plain DNS resolver with its id, its question and short lives', async () => {
  advertise('probe-1')
  const resolver = await openQuerier(0)
  const question: Question = { name: instanceOf('probe-1'), type: 'SRV' }
  resolver.ask([question], { id: 4711 })
  const answer = () => resolver.heard.find(({ packet }) => packet.id === 4711)?.packet
  await soon(answer).toMatchObject({
    questions: [question],
    answers: [{ type: 'SRV', ttl: 10, flush: false }],
  })
})

test('says that a name has no record of another type', async () => {
  await advertiseAndSettle('probe-1')
  querier.ask([{ name: instanceOf('probe-1'), type: 'AAAA' }])
  await soon(() => querier.answers()).toMatchObject([
    { type: 'NSEC', data: { rrtypes: ['TXT', 'SRV'] } },
  ])
})

test('carries a hundred services in packets that fit, and lets them all go', async () => {
  const names = Array.from({ length: 100 }, (_, index) => `probe-${index}`)
  await advertiseAndSettle(...names)
  querier.ask(everyDevice)
  await soon(() => new Set(querier.pointers()).size).toBe(100)
  querier.heard.length = 0
  await responder.close()
  const gone = () => querier.answers().filter((it) => it.type === 'PTR' && it.ttl === 0)
  await expect.poll(() => gone().length).toBe(100)
})

test('survives packets that are no DNS', async () => {
  await advertiseAndSettle('probe-1')
  for (const bytes of [Buffer.from('x'), Buffer.alloc(12, 0x7f), Buffer.alloc(600, 0x40)]) {
    querier.socket.send(bytes, port, GROUP)
  }
  querier.ask(everyDevice)
  await soon(() => querier.pointers()).toHaveLength(1)
})
