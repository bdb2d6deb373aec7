import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AuditDraft } from '../../../src/main/authority/key-use.ts'
import { openNscProfile, type NscProfile } from '../../support/nsc-profile.ts'
import { NEVER } from '#shared/never.ts'

const SEED = /S[OAU][A-Z2-7]{56}/u

let folder: string
let profile: NscProfile
const lines: AuditDraft[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-store-'))
  lines.length = 0
  const audit = {
    record: (drafts: readonly AuditDraft[]) => drafts.map((line) => lines.push(line)),
  }
  profile = await openNscProfile({ audit })
  await profile.authority.setUp({ dialect: 'device-connect' })
})
afterEach(async () => {
  await profile.close()
  await rm(folder, { recursive: true, force: true })
})

const write = (keys: 'none' | 'signing' | 'all', typedName = 'muster') =>
  profile.nsc.export({ folder, keys, typedName }, NEVER)

async function filesWithSeeds(): Promise<string[]> {
  const found: string[] = []
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && SEED.test(await readFile(path, 'utf8'))) found.push(entry.name)
  }
  return found.toSorted()
}

test('writes private keys only where the name was typed, and each into the audit log', async () => {
  await expect(write('all', '')).rejects.toMatchObject({ code: 'NAME_NOT_TYPED' })
  expect(await readdir(folder)).toEqual([])
  await write('none')
  expect(await filesWithSeeds()).toEqual([])
  expect(lines.filter(({ action }) => action === 'key-export')).toEqual([])

  const { operatorName, keys } = await write('signing')
  expect([operatorName, keys]).toEqual(['muster', 3])
  const written = await filesWithSeeds()
  expect(written).toHaveLength(3)
  const told = lines.filter(({ action, result }) => action === 'key-export' && result === 'done')
  expect(told.map(({ key }) => `${key ?? ''}.nk`).toSorted()).toEqual(written)
  expect(JSON.stringify(lines)).not.toMatch(SEED)
})

test('leaves nothing behind where it fails half-way', async () => {
  // Where the keys are to go there is a file: the JWTs before them are written already.
  await writeFile(join(folder, 'keys'), 'not a folder')
  await expect(write('all')).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN' })
  const left = await readdir(folder, { recursive: true, withFileTypes: true })
  expect(left.filter((entry) => entry.isFile()).map(({ name }) => name)).toEqual(['keys'])
  expect(lines.at(-1)).toMatchObject({
    action: 'key-export',
    result: 'failed',
    code: 'FILE_NOT_WRITTEN',
  })
})

test('replaces nothing that somebody changed, and says what stayed', async () => {
  await write('none')
  const path = join(folder, 'stores/muster/accounts/SYS/SYS.jwt')
  await writeFile(path, 'changed by nsc')
  expect(await write('none')).toMatchObject({ written: 0, different: [path] })
  expect(await readFile(path, 'utf8')).toBe('changed by nsc')
})

test('takes no folder that is not a whole path', async () => {
  const refused = profile.nsc.export({ folder: 'nsc', keys: 'none', typedName: '' }, NEVER)
  await expect(refused).rejects.toMatchObject({ code: 'PATH_NOT_ABSOLUTE' })
})
