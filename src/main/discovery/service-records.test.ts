import { decode, encode, type Answer } from 'dns-packet'
import { describe, expect, test } from 'vitest'
import { readServiceRecords } from './service-records.ts'

const SERVICE = '_device-connect._tcp.local'
const PUMP = `Pump 1.2.${SERVICE}`

/** What is read after a trip over the wire, so that the input is what the decoder makes. */
function read(answers: Answer[], additionals: Answer[] = []) {
  return readServiceRecords(decode(encode({ type: 'response', answers, additionals })), SERVICE)
}

function textOf(...strings: (string | Buffer)[]) {
  const [record] = read([{ type: 'TXT', name: PUMP, ttl: 120, data: strings }])
  return record?.type === 'TXT' ? record.text : null
}

describe('records of the service', () => {
  test('are read with names folded and the instance label as written', () => {
    const [pointer] = read([
      { type: 'PTR', name: '_DEVICE-Connect._tcp.LOCAL', ttl: 4500, data: `Pump A.${SERVICE}` },
    ])
    expect(pointer).toEqual({
      type: 'PTR',
      name: SERVICE,
      instance: `pump a.${SERVICE}`,
      label: 'Pump A',
      ttlMs: 4_500_000,
      flush: false,
      identity: `pump a.${SERVICE}`,
    })
  })

  test('come pointers first and addresses last, wherever in the packet they stood', () => {
    const records = read(
      [
        { type: 'A', name: 'pump.local', ttl: 120, data: '192.0.2.7' },
        { type: 'TXT', name: PUMP, ttl: 120, data: ['device_id=pump'] },
      ],
      [
        { type: 'AAAA', name: 'pump.local', ttl: 120, data: 'fe80::7' },
        { type: 'SRV', name: PUMP, ttl: 120, data: { port: 5540, target: 'Pump.local' } },
        { type: 'PTR', name: SERVICE, ttl: 120, data: PUMP },
      ],
    )
    expect(records.map((record) => record.type)).toEqual(['PTR', 'SRV', 'TXT', 'A', 'AAAA'])
    expect(records[1]).toMatchObject({
      target: 'pump.local',
      port: 5540,
      identity: 'pump.local:5540',
    })
  })

  test('of other services, classes and types are left out', () => {
    expect(
      read([
        { type: 'PTR', name: '_http._tcp.local', ttl: 120, data: 'x._http._tcp.local' },
        { type: 'PTR', name: SERVICE, ttl: 120, data: 'x._http._tcp.local' },
        { type: 'SRV', name: 'x._http._tcp.local', ttl: 120, data: { port: 1, target: 'x.local' } },
        { type: 'A', name: 'pump.local', ttl: 120, class: 'CH', data: '192.0.2.7' },
        { type: 'CNAME', name: 'pump.local', ttl: 120, data: 'other.local' },
      ]),
    ).toEqual([])
  })

  test('ignore the flush bit on the pointers that devices share', () => {
    const [pointer] = read([{ type: 'PTR', name: SERVICE, ttl: 120, flush: true, data: PUMP }])
    expect(pointer?.flush).toBe(false)
  })

  test('live at most eight hours', () => {
    const [pointer] = read([{ type: 'PTR', name: SERVICE, ttl: 4_294_967_295, data: PUMP }])
    expect(pointer?.ttlMs).toBe(8 * 3600 * 1000)
  })
})

describe('the text of a device', () => {
  test('is read by key, the first of a kind, whatever the case of the key', () => {
    expect(
      textOf(
        'Device_ID=pump-1',
        'device_id=other',
        'device_type=pump',
        'state=uncommissioned',
        'flag',
      ),
    ).toEqual({
      deviceId: 'pump-1',
      deviceType: 'pump',
      state: 'uncommissioned',
      problem: null,
    })
  })

  test('names what is wrong with the device id and never repairs it', () => {
    expect(textOf('state=uncommissioned')?.problem).toBe('no-device-id')
    for (const id of ['a.b', 'a b', 'a>', '*', 'pump\u200b', 'pump\u0007', 'x'.repeat(257)]) {
      const pieces = id.length > 200 ? id.slice(0, 240) + '.' : id
      expect(textOf(`device_id=${pieces}`), id).toMatchObject({
        deviceId: null,
        problem: 'unsafe-device-id',
      })
    }
    expect(textOf(Buffer.from('device_id=a\xff', 'latin1'))?.problem).toBe('unsafe-device-id')
  })

  test('keeps markup as text, strips control characters and is capped', () => {
    expect(textOf('device_id=a', `device_type=<b>\u001b[2J${'x'.repeat(200)}`)?.deviceType).toBe(
      `<b>[2J${'x'.repeat(122)}`,
    )
  })

  test('is not read from a record of more than 2048 bytes', () => {
    expect(textOf('device_id=a', ...Array.from({ length: 10 }, () => 'x'.repeat(250)))).toBeNull()
  })
})
