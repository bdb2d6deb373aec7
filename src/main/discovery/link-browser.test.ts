import type { Answer, Packet } from 'dns-packet'
import { beforeEach, describe, expect, test } from 'vitest'
import { ManualClock } from '../../../tests/support/manual-clock.ts'
import { LinkBrowser } from './link-browser.ts'
import type { Query } from './query-message.ts'

const SERVICE = '_device-connect._tcp.local'
const SECOND = 1000
const MINUTE = 60 * SECOND

let clock: ManualClock
let browser: LinkBrowser
let sent: { readonly at: number; readonly query: Query }[]
let changes: number

beforeEach(() => {
  clock = new ManualClock()
  sent = []
  changes = 0
  browser = new LinkBrowser({
    service: SERVICE,
    interfaceName: 'eth0',
    clock,
    random: () => 0.5,
    send: (query) => sent.push({ at: clock.now(), query }),
    onChange: () => changes++,
  })
})

interface DeviceOptions {
  readonly name?: string
  readonly id?: string
  readonly ttl?: number
  readonly pointerTtl?: number
}

/** All records of a device, as dns-packet decodes them. */
function device({ name = 'pump', id = name, ttl = 120, pointerTtl = 4500 }: DeviceOptions = {}) {
  const instance = `${name}.${SERVICE}`
  const unique = { class: 'IN', flush: true, ttl } as const
  return {
    ptr: { type: 'PTR', class: 'IN', name: SERVICE, ttl: pointerTtl, data: instance },
    srv: { type: 'SRV', ...unique, name: instance, data: { port: 5540, target: `${name}.local` } },
    txt: {
      type: 'TXT',
      ...unique,
      name: instance,
      data: [`device_id=${id}`, 'device_type=pump', 'state=uncommissioned'],
    },
    a: { type: 'A', ...unique, name: `${name}.local`, data: '192.0.2.7' },
    aaaa: { type: 'AAAA', ...unique, name: `${name}.local`, data: 'fe80::7' },
  } as const satisfies Record<string, Answer>
}

function hear(...answers: Answer[]): void {
  const packet: Packet = { type: 'response', answers }
  browser.receive(packet)
}

function hearAll(options: DeviceOptions = {}): void {
  hear(...Object.values(device(options)))
}

function ids(): string[] {
  return browser.sightings().map((sighting) => sighting.deviceId)
}

/** What was asked, as `TYPE first.label`, from a time on. */
function asked(from = 0): string[] {
  return sent
    .filter(({ at }) => at >= from)
    .flatMap(({ query }) => query.questions.map(({ type, labels }) => `${type} ${labels[0]}`))
}

function browseTimes(): number[] {
  return sent
    .filter(({ query }) => query.questions.some(({ type }) => type === 'PTR'))
    .map(({ at }) => at)
}

describe('the query schedule', () => {
  test('asks after 20 to 120 ms and then 1, 2, 4 … seconds later, up to every hour', () => {
    browser.start()
    clock.advance(4 * 60 * MINUTE)
    const times = browseTimes()
    const gaps = times.slice(1).map((time, i) => (time - (times[i] ?? 0)) / SECOND)
    expect(times[0]).toBe(70)
    expect(gaps.slice(0, 14)).toEqual([
      1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600,
    ])
  })

  test('begins anew at once on a refresh, but never twice within a second', () => {
    browser.start()
    clock.advance(5 * SECOND)
    for (let i = 0; i < 10; i++) browser.refresh()
    clock.advance(2500)
    browser.refresh()
    clock.advance(0)
    expect(browseTimes()).toEqual([70, 1070, 3070, 5000, 6000, 7500])
  })

  test('leaves no timer behind when closed', () => {
    browser.start()
    hear(device().ptr)
    browser.close()
    expect(clock.waiting).toBe(0)
    browser.refresh()
    hear(device().srv)
    expect(clock.waiting).toBe(0)
  })
})

describe('known answers', () => {
  test('tell which devices need not answer while more than half of their life is left', () => {
    browser.start()
    hearAll({ pointerTtl: 10 })
    clock.advance(1000)
    expect(sent.at(-1)?.query.knownAnswers).toEqual([{ label: 'pump', ttlSeconds: 9 }])
    clock.advance(7000)
    expect(browseTimes()).toContain(7070)
    expect(sent.find(({ at }) => at === 7070)?.query.knownAnswers).toEqual([])
  })

  test('leave out what cannot be written as it was read', () => {
    browser.start()
    hearAll({ name: 'pu\u{fffd}mp', id: 'pump' })
    clock.advance(SECOND)
    expect(ids()).toEqual(['pump'])
    expect(sent.at(-1)?.query.knownAnswers).toEqual([])
  })
})

describe('a device', () => {
  test('is seen from one packet with all of its records', () => {
    hearAll()
    expect(browser.sightings()).toEqual([
      {
        interfaceName: 'eth0',
        instance: `pump.${SERVICE}`,
        deviceId: 'pump',
        deviceType: 'pump',
        state: 'uncommissioned',
        host: 'pump.local',
        port: 5540,
        addresses: ['192.0.2.7', 'fe80::7'],
        firstSeenAt: clock.wallNow(),
        lastSeenAt: clock.wallNow(),
      },
    ])
    expect(changes).toBe(1)
  })

  test('is seen whole whatever the order in which its records come, each in its own packet', () => {
    const records = Object.values(device())
    const orders = records.map((_, i) => [...records.slice(i), ...records.slice(0, i)])
    for (const order of [...orders, records.toReversed()]) {
      const name = `pump-${orders.indexOf(order)}`
      const renamed = device({ name })
      for (const { type } of order) {
        hear(Object.values(renamed).find((record) => record.type === type) ?? renamed.ptr)
      }
      expect(browser.sightings().at(-1)).toMatchObject({
        deviceId: name,
        host: `${name}.local`,
        addresses: ['192.0.2.7', 'fe80::7'],
      })
    }
  })

  test('is one device whatever the case of its names', () => {
    hearAll()
    const upper = device({ name: 'PUMP', id: 'pump' })
    hear(...Object.values(upper))
    hear({ ...upper.ptr, name: SERVICE.toUpperCase() })
    expect(browser.sightings()).toHaveLength(1)
    expect(browser.sightings()[0]?.addresses).toEqual(['192.0.2.7', 'fe80::7'])
  })

  test('says a new state, port and address with the flush bit, and the newest counts', () => {
    hearAll()
    clock.advance(5 * SECOND)
    const { srv, txt, a } = device()
    hear(
      { ...srv, data: { ...srv.data, port: 5541 } },
      { ...txt, data: ['device_id=pump', 'state=commissioned'] },
      { ...a, data: '192.0.2.8' },
    )
    expect(browser.sightings()[0]).toMatchObject({ port: 5541, state: 'commissioned' })
    clock.advance(SECOND)
    expect(browser.sightings()[0]?.addresses).toEqual(['192.0.2.8', 'fe80::7'])
  })

  test('disappears one second after its goodbye', () => {
    hearAll()
    clock.advance(SECOND)
    hear({ ...device().ptr, ttl: 0 })
    clock.advance(900)
    expect(ids()).toEqual(['pump'])
    const before = changes
    clock.advance(200)
    expect(ids()).toEqual([])
    expect(changes).toBe(before + 1)
  })

  test('that comes back after its goodbye is seen again', () => {
    hearAll()
    hear({ ...device().ptr, ttl: 0 })
    clock.advance(2 * SECOND)
    hearAll()
    clock.advance(2 * SECOND)
    expect(ids()).toEqual(['pump'])
  })

  test('without a usable id is not shown, and the reason is kept', () => {
    const { ptr, srv, txt } = device({ name: 'Evil \u001b[2J' })
    hear(ptr, srv, { ...txt, data: ['state=uncommissioned'] })
    hear(device({ name: 'mute' }).ptr)
    expect(ids()).toEqual([])
    expect(browser.ignored()).toEqual([
      { interfaceName: 'eth0', label: 'Evil [2J', reason: 'no-device-id' },
      { interfaceName: 'eth0', label: 'mute', reason: 'no-text-record' },
    ])
  })
})

describe('records that are missing', () => {
  test('are asked for directly after a short wait, then 1, 2, 4 … seconds later', () => {
    hear(device({ name: 'Robot v1.0' }).ptr)
    clock.advance(8 * SECOND)
    const times = sent.map(({ at }) => at)
    expect(asked().slice(0, 2)).toEqual(['SRV Robot v1.0', 'TXT Robot v1.0'])
    expect(times).toEqual([70, 1070, 3070, 7070])
    expect(sent[0]?.query.questions[0]?.labels).toEqual([
      'Robot v1.0',
      '_device-connect',
      '_tcp',
      'local',
    ])
  })

  test('are not asked for when they come in the next packet', () => {
    const { ptr, srv, txt, a } = device()
    hear(ptr)
    clock.advance(10)
    hear(srv, txt, a)
    clock.advance(10 * SECOND)
    expect(sent).toEqual([])
  })

  test('of the host are asked for once the service is known', () => {
    const { ptr, srv, txt } = device()
    hear(ptr, srv, txt)
    clock.advance(500)
    expect(asked()).toEqual(['A pump', 'AAAA pump'])
  })

  test('of a service without its pointer are asked for by browsing', () => {
    const { srv, txt, a } = device()
    hear(srv, txt, a)
    expect(ids()).toEqual([])
    clock.advance(500)
    expect(asked()).toEqual(['PTR _device-connect'])
    hear(device().ptr)
    expect(ids()).toEqual(['pump'])
  })

  test('of newcomers are asked for before those of instances that never answer', () => {
    for (let i = 0; i < 500; i++) hear(device({ name: `ghost-${i}` }).ptr)
    clock.advance(10 * SECOND)
    const from = clock.now()
    hear(device({ name: 'real' }).ptr)
    clock.advance(300)
    expect(asked(from).slice(0, 1)).toEqual(['SRV real'])
  })
})

describe('lifetimes', () => {
  test('are renewed by asking at 80, 85, 90 and 95 %', () => {
    hearAll()
    clock.advance(119 * SECOND)
    const times = sent
      .filter(({ query }) => query.questions.some(({ type }) => type === 'SRV'))
      .map(({ at }) => Math.round((at / SECOND / 120) * 100))
    expect(times).toEqual([81, 86, 91, 96])
    expect(asked().filter((question) => question === 'A pump')).toHaveLength(4)
  })

  test('of devices that answer go on and on', () => {
    hearAll()
    for (let i = 0; i < 100; i++) {
      clock.advance(100 * SECOND)
      hearAll()
    }
    expect(ids()).toEqual(['pump'])
  })

  test('end a device that answers for nothing any more long before its pointer would', () => {
    hearAll()
    clock.advance(119 * SECOND)
    expect(browser.sightings()[0]?.host).toBe('pump.local')
    clock.advance(2 * SECOND)
    expect(browser.sightings()).toEqual([])
    expect(browser.ignored()).toHaveLength(1)
    clock.advance(10 * SECOND)
    expect(browser.ignored()).toEqual([])
  })

  test('of addresses that no device uses are not renewed', () => {
    hear(device({ name: 'printer' }).a)
    clock.advance(5 * MINUTE)
    expect(sent).toEqual([])
  })
})

describe('doubt', () => {
  test('after a refresh removes within 10 s what does not answer, and keeps what does', () => {
    hearAll({ name: 'gone' })
    hearAll({ name: 'here' })
    clock.advance(5 * SECOND)
    browser.refresh()
    clock.advance(0)
    expect(sent.at(-1)?.query.knownAnswers).toEqual([])
    clock.advance(2 * SECOND)
    hear(device({ name: 'here' }).ptr)
    clock.advance(8 * SECOND)
    expect(ids()).toEqual(['here'])
  })

  test('about one device asks for it alone', () => {
    hearAll({ name: 'silent' })
    hearAll({ name: 'other' })
    clock.advance(5 * SECOND)
    browser.reconfirm(`silent.${SERVICE}`)
    clock.advance(100)
    expect(sent.at(-1)?.query.knownAnswers.map(({ label }) => label)).toEqual(['other'])
    clock.advance(10 * SECOND)
    expect(ids()).toEqual(['other'])
  })
})

describe('a hostile neighbour', () => {
  test('that names ever more instances does not keep a real device out', () => {
    for (let i = 0; i < 2100; i++) {
      hear(device({ name: `ghost-${i}` }).ptr)
      clock.advance(10)
    }
    hearAll({ name: 'real' })
    expect(ids()).toEqual(['real'])
  })

  test('that fills the list with whole devices is stopped at the limit', () => {
    for (let i = 0; i < 1500; i++) hearAll({ name: `fake-${i}` })
    expect(browser.sightings()).toHaveLength(1024)
    expect(browser.turnedAway).toBeGreaterThan(0)
  })

  test('that announces ever more hosts does not keep a real address out', () => {
    for (let i = 0; i < 10_000; i++) hear(device({ name: `host-${i}` }).a)
    hearAll({ name: 'real' })
    expect(browser.sightings()[0]?.addresses).toEqual(['192.0.2.7', 'fe80::7'])
  })

  test('cannot remove others with a flush bit on the shared pointer', () => {
    hearAll({ name: 'one' })
    clock.advance(5 * SECOND)
    hear({ ...device({ name: 'two' }).ptr, flush: true })
    clock.advance(2 * SECOND)
    expect(ids()).toEqual(['one'])
  })
})
