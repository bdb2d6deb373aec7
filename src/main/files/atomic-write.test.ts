import { mkdtemp, readFile, readdir, stat, writeFile, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeFileAtomic } from './atomic-write.ts'

test('replaces a file whole, with owner-only permissions and no temporary file left', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-atomic-'))
  const path = join(folder, 'vault')
  await writeFile(path, 'old')
  await writeFileAtomic(path, 'new')
  expect(await readFile(path, 'utf8')).toBe('new')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readdir(folder)).toEqual(['vault'])
})

test('leaves the old content and no temporary file where the write fails', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-atomic-'))
  const path = join(folder, 'taken')
  await mkdir(path)
  await writeFile(join(path, 'inside'), 'kept')
  await expect(writeFileAtomic(path, 'new')).rejects.toThrow()
  expect(await readdir(folder)).toEqual(['taken'])
})
