import { mkdtemp, open, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeVerified, type VerifiedWriteOptions } from './write-verified.ts'

const folderOf = () => mkdtemp(join(tmpdir(), 'muster-verified-'))
const files = [
  { name: 'bundle.age', content: Buffer.alloc(9_700_000, 'a'), mode: 0o600 },
  { name: 'README.txt', content: Buffer.from('hello'), mode: 0o644 },
]
const total = 9_700_005

const run = (more: Partial<VerifiedWriteOptions> = {}): VerifiedWriteOptions => ({
  signal: new AbortController().signal,
  onProgress: () => undefined,
  ...more,
})

test('writes all files, tells how far it is, and leaves nothing else', async () => {
  const folder = await folderOf()
  const told: string[] = []
  const delivered = await writeVerified(
    folder,
    files,
    run({ onProgress: ({ step, bytes }) => void told.push(`${step} ${bytes}`) }),
  )
  expect((await readdir(folder)).toSorted()).toEqual(['README.txt', 'bundle.age'])
  expect((await stat(join(folder, 'bundle.age'))).mode & 0o777).toBe(0o600)
  expect(delivered.map(({ name, bytes }) => [name, bytes])).toEqual([
    ['bundle.age', 9_700_000],
    ['README.txt', 5],
  ])
  expect(told).toContain(`reading-back ${total}`)
})

test('removes everything where one byte does not read back the same', async () => {
  const folder = await folderOf()
  const openBack = async (path: string) => {
    const handle = await open(path, 'r')
    return {
      read: async (buffer: Uint8Array, offset: number, length: number, position: number) => {
        const { bytesRead } = await handle.read(buffer, offset, length, position)
        if (position > 0 && bytesRead > 0) buffer[offset] = 7
        return { bytesRead }
      },
      close: () => handle.close(),
    }
  }
  await expect(writeVerified(folder, files, run({ openBack }))).rejects.toMatchObject({
    code: 'BUNDLE_READ_BACK',
  })
  expect(await readdir(folder)).toEqual([])
})

test.each(['writing', 'reading-back'] as const)(
  'removes everything where it is cancelled while %s',
  async (when) => {
    const folder = await folderOf()
    const cancel = new AbortController()
    await expect(
      writeVerified(
        folder,
        files,
        run({
          signal: cancel.signal,
          onProgress: ({ step }) => void (step === when && cancel.abort()),
        }),
      ),
    ).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(await readdir(folder)).toEqual([])
  },
)

test('never writes over a file, and takes back those that it had placed', async () => {
  const folder = await folderOf()
  await writeFile(join(folder, 'README.txt'), 'mine')
  await expect(writeVerified(folder, files, run())).rejects.toMatchObject({ code: 'FILE_EXISTS' })
  expect(await readdir(folder)).toEqual(['README.txt'])
  expect(await readFile(join(folder, 'README.txt'), 'utf8')).toBe('mine')
})
