import { decode, encode } from 'dns-packet'
import { array, assert, nat, property, tuple, uint8Array } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkDatagram } from './datagram-check.ts'

const SERVICE = '_device-connect._tcp.local'

function announcement(): Buffer {
  return encode({
    type: 'response',
    questions: [{ type: 'PTR', name: SERVICE }],
    answers: [
      { type: 'PTR', name: SERVICE, data: `pump.${SERVICE}` },
      { type: 'SRV', name: `pump.${SERVICE}`, data: { port: 5540, target: 'pump.local' } },
      { type: 'TXT', name: `pump.${SERVICE}`, data: ['device_id=pump', 'state=uncommissioned'] },
    ],
    additionals: [
      { type: 'A', name: 'pump.local', data: '192.0.2.7' },
      { type: 'AAAA', name: 'pump.local', data: 'fe80::7' },
      { type: 'NSEC', name: 'pump.local', data: { nextDomain: 'pump.local', rrtypes: ['A'] } },
      { type: 'HINFO', name: 'pump.local', data: { cpu: 'ARM', os: 'LINUX' } },
    ],
  })
}

/** A response header with these counts, then `body`. */
function forged(counts: readonly number[], ...body: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(12)
  header.writeUInt16BE(0x8400, 2)
  counts.forEach((count, index) => header.writeUInt16BE(count, 4 + index * 2))
  return Buffer.concat([header, ...body])
}

/** Type, class IN, TTL 120 and the length of `data`, then `data`. */
function rest(type: number, data: Buffer): Buffer {
  const head = Buffer.from([0, type, 0, 1, 0, 0, 0, 120, 0, 0])
  head.writeUInt16BE(data.length, 8)
  return Buffer.concat([head, data])
}

function pointer(to: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(0xc000 | to)
  return bytes
}

const ROOT = Buffer.from([0])

describe('the check before decoding', () => {
  test('lets an ordinary announcement through', () => {
    expect(checkDatagram(announcement())).toBe('response')
  })

  test('tells queries from responses by the header alone', () => {
    expect(checkDatagram(encode({ type: 'query', questions: [] }))).toBe('query')
    expect(checkDatagram(Buffer.alloc(12, 0).fill(0xff, 4))).toBe('query')
  })

  test('accepts compressed names that point backwards', () => {
    const body = Buffer.concat([
      Buffer.from('\u0004pump\u0005local\u0000'),
      rest(1, Buffer.alloc(4)),
    ])
    const again = Buffer.concat([pointer(12), rest(12, pointer(17))])
    expect(checkDatagram(forged([0, 2, 0, 0], body, again))).toBe('response')
  })

  test('refuses record counts that the datagram cannot hold', () => {
    expect(checkDatagram(forged([0, 65_535, 0, 0]))).toBe('malformed')
    expect(checkDatagram(forged([65_535, 65_535, 65_535, 65_535], Buffer.alloc(8000)))).toBe(
      'malformed',
    )
    const empty = Buffer.concat(
      Array.from({ length: 3 }, () => Buffer.concat([ROOT, rest(99, Buffer.alloc(0))])),
    )
    expect(checkDatagram(forged([0, 3, 0, 0], empty))).toBe('response')
    expect(checkDatagram(forged([0, 4, 0, 0], empty))).toBe('malformed')
  })

  test('refuses more than 9000 bytes and less than a header', () => {
    expect(checkDatagram(forged([0, 0, 0, 0], Buffer.alloc(8988)))).toBe('response')
    expect(checkDatagram(forged([0, 0, 0, 0], Buffer.alloc(8989)))).toBe('malformed')
    expect(checkDatagram(Buffer.from([0x84, 0]))).toBe('malformed')
  })

  test('refuses every truncation of a real packet', () => {
    const whole = announcement()
    for (let length = 0; length < whole.length; length++) {
      expect(checkDatagram(whole.subarray(0, length)), `${length} bytes`).not.toBe('response')
    }
  })

  test('refuses names that loop, point forwards or into the header', () => {
    for (const target of [12, 14, 40, 0, 11]) {
      const packet = forged([0, 1, 0, 0], pointer(target), rest(1, Buffer.alloc(4)))
      expect(checkDatagram(packet), `pointer to ${target}`).toBe('malformed')
    }
  })

  test('refuses long chains of pointers', () => {
    const chain = Buffer.concat([
      ROOT,
      ...Array.from({ length: 30 }, (_, i) => pointer(23 + Math.max(0, i * 2 - 1))),
    ])
    const carrier = Buffer.concat([ROOT, rest(99, chain)])
    const lookup = Buffer.concat([pointer(12 + carrier.length - 2), rest(1, Buffer.alloc(4))])
    expect(checkDatagram(forged([0, 2, 0, 0], carrier, lookup))).toBe('malformed')
  })

  test('refuses many references to one long name', () => {
    const long = Buffer.concat([...Array.from({ length: 120 }, () => Buffer.from('\u0001a')), ROOT])
    const carrier = Buffer.concat([long, rest(99, Buffer.alloc(0))])
    const lookups = Array.from({ length: 40 }, () =>
      Buffer.concat([pointer(12), rest(99, Buffer.alloc(0))]),
    )
    expect(checkDatagram(forged([0, 1, 0, 0], carrier))).toBe('response')
    expect(checkDatagram(forged([0, 41, 0, 0], carrier, ...lookups))).toBe('malformed')
  })

  test('refuses data whose length does not fit its type', () => {
    expect(checkDatagram(forged([0, 1, 0, 0], ROOT, rest(1, Buffer.alloc(5))))).toBe('malformed')
    expect(checkDatagram(forged([0, 1, 0, 0], ROOT, rest(28, Buffer.alloc(15))))).toBe('malformed')
    expect(checkDatagram(forged([0, 1, 0, 0], ROOT, rest(16, Buffer.from([9, 1]))))).toBe(
      'malformed',
    )
    expect(checkDatagram(forged([0, 1, 0, 0], ROOT, rest(33, Buffer.alloc(3))))).toBe('malformed')
    expect(checkDatagram(forged([0, 1, 0, 0], ROOT, rest(6, Buffer.alloc(22))))).toBe('malformed')
    for (const strings of [1, 3]) {
      const hinfo = rest(13, Buffer.alloc(strings))
      expect(checkDatagram(forged([0, 1, 0, 0], ROOT, hinfo))).toBe('malformed')
    }
  })

  test('never throws, and whatever it lets through decodes without reading past the end', () => {
    const whole = announcement()
    const mutation = array(tuple(nat(whole.length - 1), nat(255)), { maxLength: 6 })
    assert(
      property(mutation, (changes) => {
        const bytes = Buffer.from(whole)
        for (const [at, value] of changes) bytes[at] = value
        if (checkDatagram(bytes) === 'response') decode(bytes)
      }),
      { numRuns: 5000 },
    )
    assert(
      property(uint8Array({ maxLength: 400 }), (random) => {
        checkDatagram(Buffer.concat([Buffer.from([0, 0, 0x84, 0]), random]))
      }),
      { numRuns: 2000 },
    )
  })
})
