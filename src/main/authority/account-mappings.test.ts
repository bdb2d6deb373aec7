import { expect, test } from 'vitest'
import { requireMapping } from './account-mappings.ts'

const to = (subject: string, weight = 100) => ({ subject, weight })

test.each([
  ['a.b', [to('c.d')]],
  ['a.*', [to('b.$1')]],
  ['a.*.b.*', [to('x.$2.$1')]],
  ['a.*', [to('b.{{wildcard(1)}}')]],
  ['a.>', [to('b.>')]],
  ['a', [to('b', 30), to('c', 70)]],
])('%s may lead to %j', (subject, destinations) => {
  expect(() => requireMapping(subject, destinations)).not.toThrow()
})

test.each([
  ['', [to('b')], 'SUBJECT_INVALID'],
  ['_INBOX.x', [to('b')], 'SUBJECT_RESERVED'],
  ['a', [to('$SYS.REQ')], 'SUBJECT_RESERVED'],
  ['a', [], 'MAPPING_INVALID'],
  ['a', [to('b c')], 'MAPPING_INVALID'],
  ['a.*', [to('b.*')], 'MAPPING_INVALID'],
  ['a.*', [to('b')], 'MAPPING_INVALID'],
  ['a.*', [to('b.$1.$2')], 'MAPPING_INVALID'],
  ['a.>', [to('b')], 'MAPPING_INVALID'],
  ['a', [to('b', 60), to('c', 60)], 'MAPPING_INVALID'],
  ['a', [to('b', 0)], 'MAPPING_INVALID'],
  ['a.*', [to('b.{{partition(3,1)}}')], 'MAPPING_INVALID'],
  ['a', Array.from({ length: 17 }, () => to('b', 1)), 'MAPPING_INVALID'],
])('%s to %j is refused', (subject, destinations, code) => {
  expect(() => requireMapping(subject, destinations)).toThrow(expect.objectContaining({ code }))
})
