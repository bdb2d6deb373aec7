import { expect, test } from 'vitest'
import { draftOf, limitsOfDraft } from './limits-draft.ts'

const limits = {
  connections: 500,
  subscriptions: null,
  payloadBytes: 65_536,
  dataBytes: 1_000_001,
  jetStream: { memoryBytes: 0, diskBytes: 1_073_741_824, streams: 10, consumers: null },
}

test('what is shown reads back as it was', () => {
  const draft = draftOf(limits)
  expect(draft).toMatchObject({ payloadBytes: '64 KiB', dataBytes: '1000001', subscriptions: '' })
  expect(limitsOfDraft(draft)).toEqual({ limits, errors: {} })
})

test('JetStream that is off has no limits, whatever stands in the fields', () => {
  const draft = { ...draftOf(limits), jetStream: false, streams: 'many' }
  expect(limitsOfDraft(draft).limits?.jetStream).toBeNull()
})

test.each([
  ['connections', '0'],
  ['connections', '1.5'],
  ['connections', '3000000000'],
  ['payloadBytes', 'large'],
  ['payloadBytes', '4 GiB'],
  ['streams', '-1'],
] as const)('%s can not be %s', (field, text) => {
  const { limits: read, errors } = limitsOfDraft({ ...draftOf(limits), [field]: text })
  expect(read).toBeUndefined()
  expect(errors[field]).toBeDefined()
})

test('no storage of either kind is to be said by turning it off', () => {
  const draft = { ...draftOf(limits), diskBytes: '0', memoryBytes: '0' }
  expect(limitsOfDraft(draft).errors.diskBytes).toMatch(/off/u)
})
