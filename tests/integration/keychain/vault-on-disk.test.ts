import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { VaultKeychain } from '../../../src/main/keychain/vault-keychain.ts'
import { CHEAP_SCRYPT } from '../../support/cheap-scrypt.ts'

const PASSPHRASE = 'correct horse battery'
// Runs the real code and kills itself (SIGKILL) inside the given call of node:fs, counted from the
// second `set` on: three renames and more happen before and after.
const CHILD = fileURLToPath(new URL('../../support/vault-crash-child.ts', import.meta.url))

const NEW_PASSPHRASE = 'five brown owls doze'

let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-vault-'))
  path = join(folder, 'keychain.vault')
})
afterEach(async () => rm(folder, { recursive: true }))

test('a vault costs whoever guesses its passphrase 128 MiB a guess, unless a test asks for less', async () => {
  const vault = await VaultKeychain.create({ path }, PASSPHRASE)
  await vault.set('A', 'secret')
  await vault.close()
  expect(await readFile(path, 'utf8')).toContain('"kdf":{"name":"scrypt","N":131072,"r":8,"p":1,')
  expect(await (await VaultKeychain.open({ path }, PASSPHRASE)).get('A')).toBe('secret')
})

async function crash(call: string, occurrence: number, ...more: string[]): Promise<boolean> {
  const args = [CHILD, path, PASSPHRASE, call, String(occurrence), ...more]
  const run = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  const [code, signal] = (await once(run, 'exit')) as [number | null, string | null]
  expect(signal === 'SIGKILL' || code === 0).toBe(true)
  return signal === 'SIGKILL'
}

test.each([
  ['open', 1, 'old'],
  ['rename', 1, 'old'],
  ['open', 2, 'old'],
  ['rename', 2, 'old'],
  ['after-rename', 2, 'new'],
  ['rm', 1, 'new'],
] as const)(
  'a process that is killed while it writes leaves a vault that opens: %s number %i',
  async (call, occurrence, version) => {
    const vault = await VaultKeychain.create({ path, cost: CHEAP_SCRYPT }, PASSPHRASE)
    await vault.set('A', 'before')
    await vault.close()
    expect(await crash(call, occurrence)).toBe(true)

    const again = await VaultKeychain.open({ path }, PASSPHRASE)
    expect(await again.get('A')).toBe(version === 'old' ? 'before' : 'after')
    expect(await readdir(folder)).toEqual(['keychain.vault'])
    await again.set('B', 'goes on')
    expect(await again.accounts()).toEqual(['A', 'B'])
  },
)

test.each([
  ['rename', 1, PASSPHRASE],
  ['rename', 2, PASSPHRASE],
  ['after-rename', 2, NEW_PASSPHRASE],
  ['rm', 1, NEW_PASSPHRASE],
] as const)(
  'a process that is killed while the passphrase changes leaves every key, and one passphrase for them: %s number %i',
  async (call, occurrence, opens) => {
    const vault = await VaultKeychain.create({ path, cost: CHEAP_SCRYPT }, PASSPHRASE)
    await vault.set('A', 'secret')
    await vault.set('B', 'another')
    await vault.close()
    expect(await crash(call, occurrence, NEW_PASSPHRASE)).toBe(true)

    const again = await VaultKeychain.open({ path }, opens)
    expect(await again.get('A')).toBe('secret')
    expect(await again.accounts()).toEqual(['A', 'B'])
    await again.close()
    const other = opens === PASSPHRASE ? NEW_PASSPHRASE : PASSPHRASE
    await expect(VaultKeychain.open({ path }, other)).rejects.toMatchObject({
      code: 'VAULT_PASSPHRASE_WRONG',
    })
    // Nothing beside it opens with the one that was given up.
    expect(await readdir(folder)).toEqual(['keychain.vault'])
  },
)
