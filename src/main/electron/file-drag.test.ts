import type { App, Item, NativeImage } from 'electron'
import { expect, test } from 'vitest'
import { dragFrom } from './file-drag.ts'

const ICON = { isEmpty: () => false } as NativeImage
const app: Pick<App, 'getFileIcon'> = { getFileIcon: () => Promise.resolve(ICON) }

test('drags the file with the picture that the system has for it', async () => {
  const dragged: Item[] = []
  const window = () => ({ webContents: { startDrag: (item: Item) => void dragged.push(item) } })
  await dragFrom({ app, window })('/home/kim/north.zip.age')
  expect(dragged).toEqual([{ file: '/home/kim/north.zip.age', icon: ICON }])
})

test('does nothing where the window was closed meanwhile', async () => {
  await expect(dragFrom({ app, window: () => undefined })('/x')).resolves.toBeUndefined()
})
