import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { unlessRoot } from '../../../tests/support/unless-root.ts'
import { ownPath } from './own-path.ts'
import { PathService } from './path-service.ts'

const SIGNAL = new AbortController().signal

let home: string
let service: PathService

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-paths-'))
  service = new PathService({ choosePath: null, home })
  for (const name of ['Stores', 'stuff', 'other', '.nsc', 'closed']) await mkdir(join(home, name))
  await mkdir(join(home, 'Stores', 'acme'))
  await writeFile(join(home, 'stone.txt'), 'not a folder')
  await symlink(join(home, 'Stores'), join(home, 'stock'))
  await symlink(join(home, 'nowhere'), join(home, 'stale'))
})
afterEach(() => rm(home, { recursive: true }))

const names = async (typed: string) =>
  (await service.complete(typed, SIGNAL)).folders.map(({ name }) => name)

test('completes folders, and links to folders, by the beginning of their names in any case', async () => {
  expect(await names(`${home}/st`)).toEqual(['stock', 'Stores', 'stuff'])
})

test('tells no names of files, and hidden folders only to who types the dot', async () => {
  expect(await names('~/')).toEqual(['closed', 'other', 'stock', 'Stores', 'stuff'])
  expect(await names('~/.')).toEqual(['.nsc'])
})

test('a suggestion is a whole path that goes on inside', async () => {
  const { folders } = await service.complete('~/Stor', SIGNAL)
  expect(folders).toEqual([{ name: 'Stores', path: `${home}/Stores/` }])
  expect(await names(folders[0]?.path ?? '')).toEqual(['acme'])
})

test.each(['', 'st', './st', '~stranger/', '/no/such/folder/', '\0/'])(
  'has nothing to suggest for %j, and does not complain',
  async (typed) => {
    expect(await service.complete(typed, SIGNAL)).toEqual({ folders: [], cut: false })
  },
)

test('shows so many as one looks through, and says that there are more', async () => {
  await Promise.all(
    Array.from({ length: 60 }, (_, index) => mkdir(join(home, 'other', `folder-${index}`))),
  )
  const { folders, cut } = await service.complete('~/other/', SIGNAL)
  expect(folders).toHaveLength(40)
  expect(cut).toBe(true)
})

unlessRoot('a folder that may not be read suggests nothing', async () => {
  await chmod(join(home, 'closed'), 0o000)
  expect(await names('~/closed/')).toEqual([])
  await chmod(join(home, 'closed'), 0o700)
})

test('asks with the dialog of the host, from where the person had come to', async () => {
  const asked: unknown[] = []
  const withDialog = new PathService({
    home,
    choosePath: (order) => {
      asked.push(order)
      return Promise.resolve('/chosen')
    },
  })
  expect(withDialog.ways()).toEqual({ dialog: true })
  expect(await withDialog.choose({ kind: 'folder', startAt: '~/Stores' })).toEqual({
    path: '/chosen',
  })
  await withDialog.choose({ kind: 'file', startAt: 'somewhere' })
  expect(asked).toEqual([
    { kind: 'folder', startAt: join(home, 'Stores') },
    { kind: 'file', startAt: null },
  ])
})

test('says that there is no dialog where there is none', async () => {
  expect(service.ways()).toEqual({ dialog: false })
  await expect(service.choose({ kind: 'file', startAt: '' })).rejects.toMatchObject({
    code: 'NO_DIALOG',
  })
})

test('a path counts from the root or from the home folder, and from nowhere else', () => {
  expect(ownPath(' ~/nsc/../keys ', home)).toBe(join(home, 'keys'))
  expect(ownPath('/a//b/', home)).toBe('/a/b/')
  for (const bad of ['nsc', './nsc', '~kim/nsc', '/a\0b', '']) {
    expect(() => ownPath(bad, home)).toThrow(expect.objectContaining({ code: 'PATH_NOT_ABSOLUTE' }))
  }
})
