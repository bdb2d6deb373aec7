import { decode } from 'dns-packet'
import { describe, expect, test } from 'vitest'
import { encodeQuery, type Question } from './query-message.ts'

const SERVICE = ['_device-connect', '_tcp', 'local']
const BROWSE: Question = { labels: SERVICE, type: 'PTR' }

describe('a query on the wire', () => {
  test('decodes to its questions and known answers', () => {
    const [message, ...more] = encodeQuery(
      {
        questions: [BROWSE, { labels: ['pump.local'], type: 'A' }],
        knownAnswers: [{ label: 'pump', ttlSeconds: 4000 }],
      },
      SERVICE,
    )
    const packet = decode(message!)
    expect(more).toEqual([])
    expect(packet.type).toBe('query')
    expect(packet.questions).toMatchObject([
      { name: '_device-connect._tcp.local', type: 'PTR', class: 'IN' },
      { name: 'pump.local', type: 'A', class: 'IN' },
    ])
    expect(packet.answers).toMatchObject([
      {
        name: '_device-connect._tcp.local',
        type: 'PTR',
        ttl: 4000,
        data: 'pump._device-connect._tcp.local',
      },
    ])
  })

  test('keeps a dot inside a label a part of the label', () => {
    const question: Question = { labels: ['Robot v1.0', ...SERVICE], type: 'SRV' }
    const [message] = encodeQuery({ questions: [question], knownAnswers: [] }, SERVICE)
    expect(message![12]).toBe('Robot v1.0'.length)
    expect(message!.subarray(13, 23).toString()).toBe('Robot v1.0')
  })

  test('writes a name once and points to it afterwards', () => {
    const questions: Question[] = [
      { labels: ['pump', ...SERVICE], type: 'SRV' },
      { labels: ['pump', ...SERVICE], type: 'TXT' },
      { labels: ['valve', ...SERVICE], type: 'SRV' },
    ]
    const [message] = encodeQuery({ questions, knownAnswers: [] }, SERVICE)
    expect(message!.toString('latin1').split('_device-connect')).toHaveLength(2)
    expect(decode(message!).questions?.map((question) => question.name)).toEqual([
      'pump._device-connect._tcp.local',
      'pump._device-connect._tcp.local',
      'valve._device-connect._tcp.local',
    ])
  })

  test('spreads many known answers over datagrams that say that more follow', () => {
    const knownAnswers = Array.from({ length: 500 }, (_, i) => ({
      label: `device-${i}`,
      ttlSeconds: 4000,
    }))
    const messages = encodeQuery({ questions: [BROWSE], knownAnswers }, SERVICE)
    const packets = messages.map((message) => decode(message))
    expect(messages.every((message) => message.length <= 1200)).toBe(true)
    expect(packets.flatMap((packet) => packet.answers ?? [])).toHaveLength(500)
    expect(packets.map((packet) => packet.questions?.length)).toEqual([
      1,
      ...packets.slice(1).map(() => 0),
    ])
    expect(packets.map((packet) => packet.flag_tc)).toEqual([
      ...packets.slice(1).map(() => true),
      false,
    ])
  })

  test('spreads many questions over datagrams', () => {
    const questions = Array.from({ length: 200 }, (_, i): Question => ({
      labels: [`device-${i}`, ...SERVICE],
      type: 'TXT',
    }))
    const messages = encodeQuery({ questions, knownAnswers: [] }, SERVICE)
    expect(messages.length).toBeGreaterThan(1)
    expect(messages.every((message) => message.length <= 1200)).toBe(true)
    expect(messages.flatMap((message) => decode(message).questions ?? [])).toHaveLength(200)
  })
})
