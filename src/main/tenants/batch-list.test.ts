import { expect, test } from 'vitest'
import { parseTenantList } from './batch-list.ts'

const DEFAULTS = { isolation: 'account', credentials: 2, credentialName: 'device' } as const

function parse(text: string, taken: readonly string[] = []) {
  return parseTenantList(text, DEFAULTS, taken)
}

test('reads one tenant a line, with any line end, a byte order mark, blank lines and remarks', () => {
  const { tenants, problems } = parse('\uFEFFone\r\ntwo\n\n  \n# remark\rthree\r')
  expect(problems).toEqual([])
  expect(tenants.map(({ line, name }) => [line, name])).toEqual([
    [1, 'one'],
    [2, 'two'],
    [6, 'three'],
  ])
  expect(tenants[0]?.credentials).toEqual(['device-1', 'device-2'])
})

test('reads CSV with titles in any order, quotes and its own credentials', () => {
  const text = 'isolation;tenant;credentials\nshared;"alpha";"pump-1 pump-2"\n;beta;3\n;gamma;0\n'
  expect(parse(text)).toEqual({
    problems: [],
    problemCount: 0,
    tenants: [
      { line: 2, name: 'alpha', isolation: 'shared', credentials: ['pump-1', 'pump-2'] },
      {
        line: 3,
        name: 'beta',
        isolation: 'account',
        credentials: ['device-1', 'device-2', 'device-3'],
      },
      { line: 4, name: 'gamma', isolation: 'account', credentials: [] },
    ],
  })
})

test('takes a tenant called name for a tenant', () => {
  expect(parse('name\nother').tenants.map(({ name }) => name)).toEqual(['name', 'other'])
})

test('numbers credentials so that their files sort', () => {
  expect(parse('one,10').tenants[0]?.credentials.slice(-2)).toEqual(['device-09', 'device-10'])
})

test.each([
  ['a.b', /characters/u],
  ['a b', /characters/u],
  ['CON', /Windows/u],
  ['x'.repeat(65), /64/u],
  ['"a', /quote/u],
  ['"a" b', /quote/u],
  ['taken', /already/u],
  ['Taken', /capitals/u],
  ['one,x.y', /Credential/u],
  ['one,a a', /twice/u],
  ['one,1001', /1000/u],
  ['one,1,private', /Isolation/u],
  ['one,1,account,more', /three/u],
  [',5', /empty/u],
])('%j is told with its line and its reason', (line, reason) => {
  const { tenants, problems } = parse(`first\n${line}\n`, ['taken'])
  expect(tenants.map(({ name }) => name)).toEqual(['first'])
  expect(problems).toHaveLength(1)
  expect(problems[0]).toMatchObject({ line: 2, reason: expect.stringMatching(reason) })
})

test('names the line of the first where two are the same, or one file on some systems', () => {
  const { problems } = parse('one\ntwo\none\nTWO')
  expect(problems).toMatchObject([
    { line: 3, reason: 'The same name stands in line 1.' },
    { line: 4, reason: expect.stringContaining('Line 2 has two') },
  ])
})

test('shows long and strange lines in part and without control characters', () => {
  const { problems } = parse(`${'z'.repeat(500)}\na\u0007b`)
  expect(problems[0]?.text).toHaveLength(61)
  expect(problems[1]?.text).toBe('a b')
})

test('reads 100,000 lines and counts what it does not list', () => {
  const lines = Array.from({ length: 100_000 }, (_none, index) =>
    index % 2 === 0 ? `tenant-${index}` : 'no good',
  )
  const none = { ...DEFAULTS, credentials: 0 }
  const { tenants, problems, problemCount } = parseTenantList(lines.join('\n'), none, [])
  expect(tenants).toHaveLength(50_000)
  expect(problems).toHaveLength(1_000)
  expect(problemCount).toBe(50_000)
})

test('stops at more credentials than anybody means to make', () => {
  const lines = Array.from({ length: 100_000 }, (_none, index) => `tenant-${index},1000`)
  const { problems, problemCount } = parse(lines.join('\n'))
  expect(problemCount).toBe(1)
  expect(problems).toMatchObject([{ line: 0, reason: expect.stringContaining('50000') }])
})
