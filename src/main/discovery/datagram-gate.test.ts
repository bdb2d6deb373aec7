import { EventEmitter } from 'node:events'
import type { RemoteInfo, Socket } from 'node:dgram'
import { encode } from 'dns-packet'
import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../../tests/support/manual-clock.ts'
import { DatagramGate } from './datagram-gate.ts'
import { TrafficLimit } from './traffic-limit.ts'
import { blockListOf } from './usable-addresses.ts'

const RESPONSE = encode({ type: 'response', answers: [] })
const QUERY = encode({ type: 'query', questions: [] })

function gate(): DatagramGate {
  return new DatagramGate({
    port: 5353,
    zone: 'eth0',
    onLink: blockListOf(['192.0.2.9/24', 'fe80::9/64']),
    isNeighbour: (address) => address.startsWith('10.'),
    limit: new TrafficLimit(new ManualClock()),
  })
}

function from(address: string, port = 5353): RemoteInfo {
  return { address, port, family: address.includes(':') ? 'IPv6' : 'IPv4', size: 0 }
}

describe('the gate before decoding', () => {
  test('admits responses from the link, by subnet, IPv4 link-local or zone', () => {
    const one = gate()
    for (const address of ['192.0.2.7', '169.254.3.4', 'fe80::7%eth0']) {
      expect(one.admits(RESPONSE, from(address)), address).toBe(true)
    }
  })

  test('leaves out queries and what belongs to another link without counting it', () => {
    const one = gate()
    expect(one.admits(QUERY, from('192.0.2.7'))).toBe(false)
    expect(one.admits(RESPONSE, from('fe80::7%wlan0'))).toBe(false)
    expect(one.admits(RESPONSE, from('10.0.0.7'))).toBe(false)
    expect(one.dropped).toEqual({ wrongPort: 0, offLink: 0, overLimit: 0, malformed: 0 })
  })

  test('drops what comes from elsewhere, from another port, malformed or too much', () => {
    const one = gate()
    expect(one.admits(RESPONSE, from('198.51.100.7'))).toBe(false)
    expect(one.lastOffLink).toBe('198.51.100.7')
    expect(one.admits(RESPONSE, from('192.0.2.7', 40_000))).toBe(false)
    const forged = Buffer.from(RESPONSE)
    forged.writeUInt16BE(65_535, 6)
    expect(one.admits(forged, from('192.0.2.7'))).toBe(false)
    const large = Buffer.concat([RESPONSE, Buffer.alloc(8000)])
    for (let i = 0; i < 1000; i++) one.admits(large, from('192.0.2.66'))
    expect(one.dropped).toMatchObject({ wrongPort: 1, offLink: 1, malformed: 1 })
    expect(one.dropped.overLimit).toBeGreaterThan(800)
  })

  test('keeps a guarded socket from emitting what it does not admit', () => {
    const socket = new EventEmitter() as Socket
    const heard: string[] = []
    gate().guard(socket)
    socket.on('message', (_datagram, { address }) => heard.push(address))
    socket.on('close', () => heard.push('close'))
    socket.emit('message', RESPONSE, from('198.51.100.7'))
    socket.emit('message', RESPONSE, from('192.0.2.7'))
    socket.emit('close')
    expect(heard).toEqual(['192.0.2.7', 'close'])
  })
})
