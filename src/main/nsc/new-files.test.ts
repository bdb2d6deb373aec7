import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeNewFile } from './new-files.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-new-files-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('writes what is not there for its owner alone, and leaves nothing beside it', async () => {
  const path = join(folder, 'deep', 'file')
  expect(await writeNewFile(path, 'seed')).toBe('written')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readdir(join(folder, 'deep'))).toEqual(['file'])
})

test('never replaces what is there', async () => {
  const path = join(folder, 'file')
  await writeNewFile(path, 'first')
  expect(await writeNewFile(path, 'first')).toBe('same')
  expect(await writeNewFile(path, 'second')).toBe('different')
  expect(await readFile(path, 'utf8')).toBe('first')
})

test('of several at once one writes, the others see it', async () => {
  const path = join(folder, 'file')
  const outcomes = await Promise.all(['a', 'b', 'c', 'd'].map((text) => writeNewFile(path, text)))
  expect(outcomes.filter((outcome) => outcome === 'written')).toHaveLength(1)
})
