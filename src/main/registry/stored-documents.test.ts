import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { StoredDocuments } from './stored-documents.ts'

test('what is read is what parsing says, whatever was read before', () => {
  const capabilities = fc.constantFrom<unknown>(
    {},
    { functions: [] },
    { functions: [{ name: 'a"}' }] },
    { functions: [{ name: 'a"}' }], labels: { site: ['x'] } },
    null,
    7,
    77,
  )
  const rest = fc.dictionary(fc.string({ maxLength: 4 }), fc.json({ maxDepth: 1 }))
  const documents = new StoredDocuments()
  fc.assert(
    fc.property(capabilities, rest, fc.boolean(), (own, members, first) => {
      const given = first ? { capabilities: own, ...members } : { ...members, capabilities: own }
      const text = JSON.stringify(given)
      const { record, capabilitiesText } = documents.read(text)
      expect(record).toEqual(JSON.parse(text))
      expect(JSON.parse(capabilitiesText)).toEqual(given.capabilities ?? {})
    }),
    { numRuns: 2000 },
  )
})

test('devices of a model share what was parsed', () => {
  const documents = new StoredDocuments()
  const of = (id: string) => documents.read(`{"capabilities":{"a":[1]},"device_id":"${id}"}`)
  expect(of('one').record['capabilities']).toBe(of('two').record['capabilities'])
  expect(of('two').record['device_id']).toBe('two')
})
