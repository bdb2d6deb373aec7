import type { BrowserWindow, Dialog, OpenDialogOptions } from 'electron'
import { expect, test } from 'vitest'
import { chooseByDialog } from './path-dialog.ts'

function answering(answer: { canceled: boolean; filePaths: string[] }, window?: object) {
  const asked: unknown[][] = []
  const showOpenDialog = ((...given: unknown[]) => {
    asked.push(given)
    return Promise.resolve(answer)
  }) as Dialog['showOpenDialog']
  const choose = chooseByDialog({
    dialog: { showOpenDialog },
    window: () => window as BrowserWindow | undefined,
  })
  return { asked, choose }
}

const optionsOf = (given: unknown[] | undefined) => given?.at(-1) as OpenDialogOptions

test('asks for a folder, which may be made in the dialog, beside the window that wants it', async () => {
  const window = {}
  const { asked, choose } = answering({ canceled: false, filePaths: ['/chosen'] }, window)
  expect(await choose({ kind: 'folder', startAt: '/home/kim' })).toBe('/chosen')
  expect(asked[0]?.[0]).toBe(window)
  expect(optionsOf(asked[0])).toMatchObject({ defaultPath: '/home/kim' })
  expect(optionsOf(asked[0]).properties).toEqual(
    expect.arrayContaining(['openDirectory', 'createDirectory', 'showHiddenFiles']),
  )
})

test('asks for one file, also while no window is open', async () => {
  const { asked, choose } = answering({ canceled: false, filePaths: ['/nats-server'] })
  expect(await choose({ kind: 'file', startAt: null })).toBe('/nats-server')
  expect(asked[0]).toHaveLength(1)
  expect(optionsOf(asked[0]).properties).toContain('openFile')
  expect(optionsOf(asked[0]).properties).not.toContain('multiSelections')
  expect(optionsOf(asked[0])).not.toHaveProperty('defaultPath')
})

test('is told nothing where the person changed their mind', async () => {
  const { choose } = answering({ canceled: true, filePaths: ['/half-chosen'] })
  expect(await choose({ kind: 'folder', startAt: null })).toBeNull()
})
