import { expect, test } from 'vitest'
import { fileNameProblem, limitsOf } from './file-system-limits.ts'

test.each([
  ['vfat', 'FAT', 2 ** 32 - 1, false],
  ['FAT32', 'FAT32', 2 ** 32 - 1, false],
  ['msdos', 'FAT', 2 ** 32 - 1, false],
  ['exfat', 'exFAT', Number.MAX_SAFE_INTEGER, false],
  ['NTFS', 'NTFS', Number.MAX_SAFE_INTEGER, false],
  ['ext4', 'ext4', Number.MAX_SAFE_INTEGER, true],
])(
  '%s is %s, with its largest file and whether it keeps permissions',
  (type, name, most, keeps) => {
    const limits = limitsOf(type)
    expect([limits.name, limits.maxFileBytes, limits.keepsPermissions]).toEqual([name, most, keeps])
  },
)

test.each([
  'a:b.zip',
  'a?.zip',
  'a"b',
  'a\\b',
  'a|b',
  'tab\t.zip',
  'dot.',
  'space ',
  'CON',
  'nul.zip.age',
  'lpt1 .zip',
  'x'.repeat(256),
])('%j can not be on exFAT', (name) => {
  expect(fileNameProblem(name, limitsOf('exfat'))).toBeTypeOf('string')
})

test.each(['north-2026-11-22.zip.age', 'console.zip', 'ünïcode.txt', '.hidden'])(
  '%j may be on exFAT',
  (name) => {
    expect(fileNameProblem(name, limitsOf('exfat'))).toBeUndefined()
  },
)

test('names of Windows mean nothing to ext4', () => {
  expect(fileNameProblem('con.zip', limitsOf('ext4'))).toBeUndefined()
})
