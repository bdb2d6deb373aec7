import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { BundleReceipt } from '#shared/contract/bundles.ts'
import type { DragFile, FileToSave } from '../../files/saved-file.ts'
import { DeliveredFiles } from './delivered-files.ts'

const NAME = 'north.zip.age'
const CONTENT = Buffer.from('sealed')

let folder: string
let saved: FileToSave[]
let dragged: string[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-delivered-'))
  await writeFile(join(folder, NAME), CONTENT)
  saved = []
  dragged = []
})

afterEach(() => rm(folder, { recursive: true }))

const desktop: DragFile = (path) => {
  dragged.push(path)
  return Promise.resolve()
}

function delivered(
  dragFile: DragFile | null = desktop,
  kind: BundleReceipt['destination']['kind'] = 'folder',
) {
  const file = {
    name: NAME,
    path: kind === 'network' ? null : join(folder, NAME),
    bytes: CONTENT.length,
    sha256: createHash('sha256').update(CONTENT).digest('hex'),
  }
  const receipt = { files: [file], destination: { kind } } as BundleReceipt
  return new DeliveredFiles({
    receipts: { receipt: () => receipt },
    saveFile: (given) => {
      saved.push(given)
      return Promise.resolve({ type: 'cancelled' })
    },
    dragFile,
  })
}

test('a file that was handed over is copied, and dragged from where it is', async () => {
  await delivered().saveCopy('r', NAME)
  expect(saved).toEqual([{ name: NAME, mediaType: 'application/octet-stream', content: CONTENT }])
  await delivered().drag('r', NAME)
  expect(dragged).toEqual([join(folder, NAME)])
})

test('one that was changed, removed, or is elsewhere is not passed on', async () => {
  const notHere = { code: 'BUNDLE_NOT_HERE' }
  await expect(delivered().saveCopy('r', '../../etc/passwd')).rejects.toMatchObject(notHere)
  await expect(delivered(desktop, 'drive').drag('r', NAME)).rejects.toMatchObject(notHere)
  await expect(delivered(desktop, 'network').drag('r', NAME)).rejects.toMatchObject(notHere)
  await writeFile(join(folder, NAME), 'Sealed')
  await expect(delivered().drag('r', NAME)).rejects.toMatchObject({ code: 'BUNDLE_FILE_CHANGED' })
  await rm(join(folder, NAME))
  await expect(delivered().drag('r', NAME)).rejects.toMatchObject(notHere)
  expect([saved, dragged]).toEqual([[], []])
})

test('a host without a desktop says that it drags by itself', async () => {
  await expect(delivered(null).drag('r', NAME)).rejects.toMatchObject({ code: 'DRAG_UNAVAILABLE' })
})
