import { encodingLength, type Answer } from 'dns-packet'
import { expect, test } from 'vitest'
import { packed } from './mdns-packets.ts'
import { isAskedFor, isKnown, recordsOf, toAnswer } from './mdns-records.ts'

const service = {
  instance: 'probe-1',
  type: '_device-connect._tcp.local',
  port: 5540,
  address: '127.0.0.1',
  txt: { device_id: 'probe-1', state: 'uncommissioned' },
}
const records = recordsOf(service, 'host.local')

test('describes a service as RFC 6763 wants it', () => {
  const all = [records.pointer, records.service, records.text, records.address]
  expect(all.map((record) => toAnswer(record))).toEqual([
    { type: 'PTR', name: service.type, ttl: 4500, data: `probe-1.${service.type}` },
    {
      type: 'SRV',
      name: `probe-1.${service.type}`,
      ttl: 120,
      flush: true,
      data: { port: 5540, target: 'host.local' },
    },
    {
      type: 'TXT',
      name: `probe-1.${service.type}`,
      ttl: 4500,
      flush: true,
      data: ['device_id=probe-1', 'state=uncommissioned'],
    },
    { type: 'A', name: 'host.local', ttl: 120, flush: true, data: '127.0.0.1' },
  ])
})

test('cuts an instance and a text to what a packet can hold', () => {
  const long = recordsOf(
    { ...service, instance: 'ä.'.repeat(50), txt: { x: 'ä'.repeat(300) } },
    'h',
  )
  const [label = ''] = (long.pointer.data as string).split('.')
  expect(Buffer.byteLength(label)).toBe(63)
  expect(Buffer.byteLength((long.text.data as string[])[0] ?? '')).toBeLessThanOrEqual(255)
})

test('is asked for by name without case, by type and by any', () => {
  const name = 'PROBE-1._Device-Connect._TCP.local'
  expect(isAskedFor(records.service, { name, type: 'SRV' })).toBe(true)
  expect(isAskedFor(records.service, { name, type: 'ANY' as 'SRV' })).toBe(true)
  expect(isAskedFor(records.service, { name, type: 'TXT' })).toBe(false)
  expect(isAskedFor(records.noOtherOfInstance, { name, type: 'ANY' as 'SRV' })).toBe(false)
})

test('an answer counts as known while at least half its life is left', () => {
  const wire = (answer: Answer, ttl: number) => ({ ...answer, ttl }) as Answer
  const { pointer, service: srv } = records
  expect(isKnown(pointer, [wire(toAnswer(pointer), 2250)])).toBe(true)
  expect(isKnown(pointer, [wire(toAnswer(pointer), 2249)])).toBe(false)
  expect(isKnown(srv, [toAnswer(srv)])).toBe(true)
  expect(
    isKnown(srv, [{ ...toAnswer(srv), data: { port: 1, target: 'host.local' } } as Answer]),
  ).toBe(false)
  const text = {
    ...toAnswer(records.text),
    data: (records.text.data as string[]).map((it) => Buffer.from(it)),
  }
  expect(isKnown(records.text, [text as Answer])).toBe(true)
})

test('packets stay below the size of an Ethernet frame', () => {
  const many = Array.from({ length: 100 }, (_, index) =>
    recordsOf({ ...service, instance: `probe-${index}` }, 'host.local'),
  )
  const packets = packed(
    many.map((it) => it.pointer),
    many.flatMap((it) => [it.service, it.text]),
  )
  expect(packets.flatMap((it) => [...it.answers, ...it.additionals])).toHaveLength(300)
  expect(packets.every((it) => it.answers.length > 0)).toBe(true)
  const sizes = packets.map((packet) => encodingLength(packet))
  expect(Math.max(...sizes)).toBeLessThanOrEqual(1412)
})
