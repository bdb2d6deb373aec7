import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { joinRecord } from '../store.ts'
import { splitRecord } from './record-text.ts'

const object = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4 })

test('a record comes apart into what it was made of, whether its document is known or not', () => {
  fc.assert(
    fc.property(object, object, fc.boolean(), (rest, status, isKnown) => {
      const document = JSON.stringify({ device_id: 'd', ...rest, status: undefined })
      const text = joinRecord(document, JSON.stringify(status))
      const parts = splitRecord(text, isKnown ? document : undefined)
      expect(JSON.parse(parts?.status ?? '')).toEqual(JSON.parse(JSON.stringify(status)))
      expect(JSON.parse(parts?.document ?? '')).toEqual(JSON.parse(document))
    }),
  )
})

test('a record by another hand, with something behind its status, is read as well', () => {
  const text = '{"device_id":"d","status":{"battery":1},"registry":{}}'
  expect(splitRecord(text, '{"device_id":"d"}')).toEqual({
    document: '{"device_id":"d","registry":{}}',
    status: '{"battery":1}',
  })
})

test('what is no record is none', () => {
  for (const text of ['', '[1]', '{"status":{}}', '{"a":1,"status":2}', '{"a":1']) {
    expect(splitRecord(text, undefined)).toBeUndefined()
  }
})
