import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Dialog, SaveDialogOptions } from 'electron'
import { expect, test } from 'vitest'
import { saveByDialog } from './save-dialog.ts'

const FILE = { name: 'report.html', mediaType: 'text/html', content: 'hello' }

function answering(answer: { canceled: boolean; filePath: string }) {
  const asked: SaveDialogOptions[] = []
  const showSaveDialog = ((options: SaveDialogOptions) => {
    asked.push(options)
    return Promise.resolve(answer)
  }) as Dialog['showSaveDialog']
  return { asked, options: { dialog: { showSaveDialog }, window: () => undefined } }
}

test('writes the file where the person chose, for them alone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-save-'))
  const path = join(folder, 'mine.html')
  const { asked, options } = answering({ canceled: false, filePath: path })
  expect(await saveByDialog(options, FILE)).toEqual({ type: 'saved', path })
  expect(asked[0]).toMatchObject({ defaultPath: 'report.html' })
  expect(await readFile(path, 'utf8')).toBe('hello')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  await rm(folder, { recursive: true })
})

test('writes nothing where the person changed their mind', async () => {
  const { options } = answering({ canceled: true, filePath: '' })
  expect(await saveByDialog(options, FILE)).toEqual({ type: 'cancelled' })
})

test('says that it could not write, and where', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-save-'))
  const file = join(folder, 'file')
  await writeFile(file, '')
  const { options } = answering({ canceled: false, filePath: join(file, 'below-a-file.html') })
  await expect(saveByDialog(options, FILE)).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN' })
  await rm(folder, { recursive: true })
})
