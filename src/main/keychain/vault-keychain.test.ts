import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MusterError } from '#shared/errors.ts'
import { CHEAP_SCRYPT } from '../../../tests/support/cheap-scrypt.ts'
import { VaultKeychain } from './vault-keychain.ts'

const PASSPHRASE = 'correct horse battery'

let folder: string
let path: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-vault-'))
  path = join(folder, 'keychain.vault')
})
afterEach(async () => rm(folder, { recursive: true }))

const create = () => VaultKeychain.create({ path, cost: CHEAP_SCRYPT }, PASSPHRASE)
const open = (passphrase = PASSPHRASE) =>
  VaultKeychain.open({ path, cost: CHEAP_SCRYPT }, passphrase)

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof MusterError))
    throw new Error('no MusterError was thrown', { cause: error })
  const shown = JSON.stringify([error.message, error.advice, error.details, String(error.cause)])
  expect(shown).not.toContain(PASSPHRASE)
  return error.code
}

/** Puts the checksum right after a change, as somebody who knows the format would. */
function rechecksum(bytes: Buffer): Buffer {
  const content = bytes.subarray(0, -32)
  return Buffer.concat([content, createHash('sha256').update(content).digest()])
}

async function withHeader(change: (header: Record<string, unknown>) => void): Promise<Buffer> {
  const bytes = await readFile(path)
  const end = bytes.indexOf(0x0a)
  const header = JSON.parse(bytes.subarray(0, end).toString()) as Record<string, unknown>
  change(header)
  return rechecksum(Buffer.concat([Buffer.from(JSON.stringify(header)), bytes.subarray(end)]))
}

describe('a vault file', () => {
  test('keeps secrets over closing and opening', async () => {
    const vault = await create()
    await vault.set('OABC', 'SOSECRET')
    await vault.set('connection:1', 'first')
    await vault.set('connection:1', 'sécond 🔑')
    expect(await vault.delete('OABC')).toBe(true)
    expect(await vault.delete('OABC')).toBe(false)
    await vault.set('__proto__', 'an ordinary name here')
    await vault.close()

    const again = await open()
    expect(await again.get('connection:1')).toBe('sécond 🔑')
    expect(await again.get('OABC')).toBeUndefined()
    expect(await again.accounts()).toEqual(['connection:1', '__proto__'])
  })

  test('holds no secret, account or passphrase in the clear and belongs to its owner alone', async () => {
    const vault = await create()
    await vault.set('ACCOUNTNAME', 'SEEDSEEDSEED')
    const text = (await readFile(path)).toString('latin1')
    expect(text).not.toMatch(/ACCOUNTNAME|SEEDSEEDSEED|horse/)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toEqual(['keychain.vault'])
  })

  test('uses a fresh nonce for every write', async () => {
    const vault = await create()
    const nonces = new Set<string>()
    for (let write = 0; write < 5; write += 1) {
      await vault.set('A', 'same')
      nonces.add(/"nonce":"([^"]+)"/.exec(await readFile(path, 'latin1'))?.[1] ?? '')
    }
    expect(nonces.size).toBe(5)
  })

  test('serves concurrent calls one after the other and loses none', async () => {
    const vault = await create()
    const names = Array.from({ length: 20 }, (_, index) => `account-${index}`)
    await Promise.all(names.map((name) => vault.set(name, `secret of ${name}`)))
    await vault.close()
    expect(await (await open()).accounts()).toEqual(names)
  })

  test('refuses every call once closed', async () => {
    const vault = await create()
    await vault.close()
    expect(await codeOf(vault.get('A'))).toBe('KEYCHAIN_CLOSED')
    expect(await codeOf(vault.set('A', 'b'))).toBe('KEYCHAIN_CLOSED')
  })

  test('is not made over one that exists', async () => {
    await create()
    const before = await readFile(path)
    expect(await codeOf(create())).toBe('VAULT_EXISTS')
    expect(await readFile(path)).toEqual(before)
  })

  test('does not write over a change that somebody else made', async () => {
    const one = await create()
    const other = await open()
    await other.set('A', 'from the other')
    expect(await codeOf(one.set('B', 'from the one'))).toBe('VAULT_CHANGED_ON_DISK')
    expect(await (await open()).accounts()).toEqual(['A'])
  })

  test('keeps the old content in file and memory where it can not be written', async () => {
    const vault = await create()
    await vault.set('A', 'kept')
    await vault.close()
    const before = await readFile(path)
    const full = async () => {
      throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' })
    }
    const failing = await VaultKeychain.open({ path, write: full }, PASSPHRASE)
    expect(await codeOf(failing.set('B', 'lost'))).toBe('VAULT_NOT_WRITTEN')
    expect(await failing.accounts()).toEqual(['A'])
    expect(await readFile(path)).toEqual(before)
  })

  test('puts the version before back where the new one reads back differently', async () => {
    const vault = await create()
    await vault.set('A', 'kept')
    await vault.close()
    const lying = async (to: string, content: Uint8Array) =>
      writeFile(to, to === path ? content.subarray(0, 40) : content)
    const failing = await VaultKeychain.open({ path, write: lying }, PASSPHRASE)
    expect(await codeOf(failing.set('B', 'lost'))).toBe('VAULT_NOT_WRITTEN')
    expect(await (await open()).get('A')).toBe('kept')
    expect(await readdir(folder)).toEqual(['keychain.vault'])
  })
})

describe('opening a vault file', () => {
  beforeEach(async () => {
    const vault = await create()
    await vault.set('A', 'secret')
    await vault.close()
  })

  async function expectRefused(bytes: Buffer, code: string, passphrase = PASSPHRASE) {
    await writeFile(path, bytes)
    expect(await codeOf(open(passphrase))).toBe(code)
    expect(await readFile(path)).toEqual(bytes)
  }

  test('tells a wrong passphrase and leaves the file alone', async () => {
    const bytes = await readFile(path)
    await expectRefused(bytes, 'VAULT_PASSPHRASE_WRONG', 'correct horse batterz')
    await expectRefused(bytes, 'VAULT_PASSPHRASE_WRONG', '')
  })

  test('takes a passphrase typed with composed or with combining accents', async () => {
    await rm(path)
    await VaultKeychain.create({ path, cost: CHEAP_SCRYPT }, 'caf\u00e9 caf\u00e9 caf\u00e9')
    await expect(open('cafe\u0301 cafe\u0301 cafe\u0301')).resolves.toBeDefined()
  })

  test('tells a file cut at any place as truncated', async () => {
    const bytes = await readFile(path)
    for (const length of [0, 1, 10, 60, 200, bytes.length - 33, bytes.length - 1]) {
      await expectRefused(bytes.subarray(0, length), 'VAULT_TRUNCATED')
    }
  })

  test('tells damage anywhere as tampered, before asking for half a second of scrypt', async () => {
    const bytes = await readFile(path)
    for (let at = 0; at < bytes.length; at += 7) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 0x01
      await writeFile(path, changed)
      // A flip in the header's numbers or newline may read as another length or version.
      expect(await codeOf(open())).toMatch(/^VAULT_(TAMPERED|TRUNCATED|VERSION_UNSUPPORTED)$/)
      expect(await readFile(path)).toEqual(changed)
    }
    await expectRefused(Buffer.concat([bytes, Buffer.from('x')]), 'VAULT_TAMPERED')
    await expectRefused(Buffer.from('something else'), 'VAULT_TAMPERED')
    await expectRefused(Buffer.alloc(10_000, 0x41), 'VAULT_TAMPERED')
  })

  test('tells a deliberate change with a right checksum as tampered', async () => {
    const body = await readFile(path)
    body[body.length - 40] = (body[body.length - 40] ?? 0) ^ 0x80
    await expectRefused(rechecksum(body), 'VAULT_TAMPERED')
  })

  test('authenticates the header with the body', async () => {
    const bytes = await withHeader((header) => {
      header['nonce'] = 'AAAAAAAAAAAAAAAA'
    })
    await expectRefused(bytes, 'VAULT_TAMPERED')
  })

  test('refuses a key derivation that would exhaust the computer', async () => {
    for (const kdf of [
      { N: 2 ** 30 },
      { N: 2 ** 20, r: 8 },
      { r: 2 ** 20 },
      { p: 1000 },
      { N: 2 ** 14 + 1 },
      { N: 2 },
    ]) {
      const bytes = await withHeader((header) => Object.assign(header['kdf'] as object, kdf))
      await expectRefused(bytes, 'VAULT_PARAMETERS_REFUSED')
      await writeFile(
        path,
        await withHeader((header) => Object.assign(header['kdf'] as object, CHEAP_SCRYPT)),
      )
    }
  })

  test('names a format that a newer Muster wrote', async () => {
    const bytes = await withHeader((header) => {
      header['version'] = 2
      header['novelty'] = true
    })
    await expectRefused(bytes, 'VAULT_VERSION_UNSUPPORTED')
  })

  test('tells a missing file, and one that can not be read', async () => {
    await rm(path)
    expect(await codeOf(open())).toBe('VAULT_MISSING')
    await mkdir(path)
    expect(await codeOf(open())).toBe('VAULT_UNREADABLE')
  })
})

describe('the passphrase of a vault', () => {
  test('can be changed, and the old one opens nothing any more', async () => {
    const vault = await create()
    await vault.set('A', 'secret')
    await vault.changePassphrase(PASSPHRASE, 'another good passphrase')
    await vault.set('B', 'written under the new one')
    await vault.close()
    expect(await codeOf(open())).toBe('VAULT_PASSPHRASE_WRONG')
    expect(await (await open('another good passphrase')).accounts()).toEqual(['A', 'B'])
    expect(await readdir(folder)).toEqual(['keychain.vault'])
  })

  test('is not changed with a wrong old or a weak new one', async () => {
    const vault = await create()
    const before = await readFile(path)
    expect(await codeOf(vault.changePassphrase('not the old one', 'another good one'))).toBe(
      'VAULT_PASSPHRASE_WRONG',
    )
    expect(await codeOf(vault.changePassphrase(PASSPHRASE, 'short'))).toBe('PASSPHRASE_TOO_SHORT')
    expect(await readFile(path)).toEqual(before)
  })

  test('has at least ten characters, and not always the same ones', async () => {
    const make = (passphrase: string) => codeOf(VaultKeychain.create({ path }, passphrase))
    expect(await make('ninechars')).toBe('PASSPHRASE_TOO_SHORT')
    expect(await make('🔑🔑🔑🔑🔑')).toBe('PASSPHRASE_TOO_SHORT')
    expect(await make('aaaaaaaaaaaa')).toBe('PASSPHRASE_TOO_SIMPLE')
    expect(await make('x'.repeat(2000))).toBe('PASSPHRASE_TOO_LONG')
    expect(await readdir(folder)).toEqual([])
  })
})
