import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { syncServiceOf } from './synced-folders.ts'

const home = () => mkdtemp(join(tmpdir(), 'muster-synced-'))

test.each([
  ['Dropbox/site', 'Dropbox'],
  ['Dropbox (Work)', 'Dropbox'],
  ['OneDrive - Farm Ltd/a/b', 'OneDrive'],
  ['Google Drive/My Drive', 'Google Drive'],
  ['Library/Mobile Documents/com~apple~CloudDocs', 'a cloud folder'],
  ['Nextcloud/x', 'a cloud folder'],
])('knows %s by its name, also where it is not there yet', async (path, service) => {
  const root = await home()
  expect(await syncServiceOf(join(root, path), {}, root)).toBe(service)
})

test('knows roots by the marks that services leave, and through links', async () => {
  const root = await home()
  await mkdir(join(root, 'shared', '.stfolder'), { recursive: true })
  await mkdir(join(root, 'shared', 'deep'))
  await symlink(join(root, 'shared', 'deep'), join(root, 'link'))
  expect(await syncServiceOf(join(root, 'link', 'new'), {}, root)).toBe('Syncthing')
})

test('knows roots that services were told to use, whatever they are called', async () => {
  const root = await home()
  await mkdir(join(root, '.dropbox'))
  await mkdir(join(root, 'work'))
  await writeFile(
    join(root, '.dropbox', 'info.json'),
    JSON.stringify({ personal: { path: join(root, 'work') } }),
  )
  expect(await syncServiceOf(join(root, 'work', 'x'), {}, root)).toBe('Dropbox')
  expect(await syncServiceOf(join(root, 'od'), { OneDrive: join(root, 'od') }, root)).toBe(
    'OneDrive',
  )
})

test('takes no other folder for one', async () => {
  const root = await home()
  expect(await syncServiceOf(join(root, 'dropboxes', 'boxes'), {}, root)).toBeUndefined()
})
