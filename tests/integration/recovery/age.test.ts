import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createNkey } from '../../../src/main/authority/nkey.ts'
import type { KitContent } from '../../../src/main/recovery/kit-content.ts'
import { openKit, sealFile, sealForPaper } from '../../../src/main/recovery/kit-seal.ts'

const run = promisify(execFile)
const operator = createNkey('operator')
const CONTENT: KitContent = {
  format: 'muster-recovery-kit',
  version: 1,
  id: '2f1fbe8e-6b39-4a0c-9f7e-0a7ad13d4a10',
  createdAt: '2030-01-01T00:00:00.000Z',
  operator: { name: 'muster', publicKey: operator.publicKey, dialect: 'device-connect' },
  keys: [{ kind: 'operator', holder: 'muster', purpose: 'identity', seed: operator.seed }],
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-age-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('age itself opens a kit, the file as the page', async () => {
  const identity = await generateIdentity()
  const sealing = {
    kind: 'recipients',
    recipients: [await identityToRecipient(identity)],
  } as const
  const key = join(folder, 'key.txt')
  await writeFile(key, `${identity}\n`, { mode: 0o600 })
  const opened = async (name: string, kit: string | Uint8Array) => {
    await writeFile(join(folder, name), kit)
    const { stdout } = await run('age', ['-d', '-i', key, join(folder, name)], {
      encoding: 'buffer',
    })
    return stdout
  }
  const file = await opened('kit.age', await sealFile(CONTENT, sealing))
  expect(JSON.parse(file.toString('utf8'))).toEqual(CONTENT)
  const page = await opened('page.age', await sealForPaper(CONTENT, sealing))
  expect(JSON.parse(gunzipSync(page).toString('utf8'))).toEqual(CONTENT)
})

test('a kit that age itself sealed is opened here', async () => {
  const identity = await generateIdentity()
  const plain = join(folder, 'plain.json')
  const sealed = join(folder, 'sealed.age')
  await writeFile(plain, JSON.stringify(CONTENT))
  await run('age', ['-a', '-r', await identityToRecipient(identity), '-o', sealed, plain])
  const { stdout } = await run('cat', [sealed])
  expect(await openKit(stdout, { kind: 'identity', identity })).toEqual(CONTENT)
})
