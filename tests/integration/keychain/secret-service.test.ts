import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CHEAP_SCRYPT } from '../../support/cheap-scrypt.ts'
import {
  startSecretService,
  withoutSecretService,
  type SecretService,
} from '../../support/secret-service.ts'
import { driveKeychain, type Driver, type DriverOptions } from './drive-keychain.ts'

const PASSWORD = 'login password'
const PASSPHRASE = 'correct horse battery'

let profile: string
let system: SecretService
const drivers: Driver[] = []

beforeEach(async () => {
  profile = await mkdtemp(join(tmpdir(), 'muster-profile-'))
  system = await startSecretService()
})
afterEach(async () => {
  for (const driver of drivers.splice(0)) await driver.kill()
  await system.stop()
  await rm(profile, { recursive: true })
})

function muster(env = system.env, options: Partial<DriverOptions> = {}): Driver {
  const driver = driveKeychain({ folder: profile, vaultCost: CHEAP_SCRYPT, ...options }, env)
  drivers.push(driver)
  return driver
}

/** A run of Muster that stored the secret of account A in the OS keychain, and ended. */
async function firstRun(): Promise<void> {
  await system.startKeyring({ password: PASSWORD })
  const first = muster()
  expect(await first.open()).toMatchObject({ state: 'open', backend: 'os' })
  await first.call('set', 'A', 'secret of A')
  await first.end()
}

describe('with an unlocked keyring', () => {
  test('stores, reads, replaces, lists and deletes', async () => {
    await system.startKeyring({ password: PASSWORD })
    const keys = muster()
    expect(await keys.open()).toMatchObject({ state: 'open', backend: 'os' })
    expect(await keys.call('accounts')).toEqual([])
    expect(await keys.call('get', 'A')).toBeUndefined()
    await keys.call('set', 'A', 'first')
    await keys.call('set', 'A', 'sécond 🔑')
    await keys.call('set', 'connection:1', 'x'.repeat(20_000))
    expect(await keys.call('get', 'A')).toBe('sécond 🔑')
    expect(await keys.call('get', 'connection:1')).toHaveLength(20_000)
    expect([...((await keys.call('accounts')) as string[])].sort()).toEqual(['A', 'connection:1'])
    expect(await keys.call('delete', 'A')).toBe(true)
    expect(await keys.call('delete', 'A')).toBe(false)
    expect(await keys.call('get', 'A')).toBeUndefined()
  })

  test('keeps many calls at a time apart', async () => {
    await system.startKeyring({ password: PASSWORD })
    const keys = muster()
    await keys.open()
    const names = Array.from({ length: 50 }, (_, index) => `account-${index}`)
    await Promise.all(names.map((name) => keys.call('set', name, `secret of ${name}`)))
    const read = await Promise.all(names.map((name) => keys.call('get', name)))
    expect(read).toEqual(names.map((name) => `secret of ${name}`))
  })

  test('notes in the profile where the keys are, and nothing secret', async () => {
    await firstRun()
    expect(await readdir(profile)).toEqual(['keychain.json'])
    const text = await readFile(join(profile, 'keychain.json'), 'utf8')
    expect(JSON.parse(text)).toMatchObject({ backend: 'os', service: 'muster' })
    expect(text).not.toContain('secret of A')
  })

  test('keeps profiles with their own service names apart', async () => {
    await firstRun()
    const other = await mkdtemp(join(tmpdir(), 'muster-profile-'))
    const keys = muster(system.env, { folder: other, service: 'muster-other' })
    await keys.open()
    expect(await keys.call('accounts')).toEqual([])
    await rm(other, { recursive: true })
    expect(await muster(system.env, { service: 'muster-other' }).open()).toMatchObject({
      state: 'changed',
    })
  })
})

describe('when the keyring daemon', () => {
  test('was restarted and unlocked, the secrets are there', async () => {
    await firstRun()
    await system.startKeyring({ password: PASSWORD })
    const keys = muster()
    expect(await keys.open()).toMatchObject({ state: 'open' })
    expect(await keys.call('get', 'A')).toBe('secret of A')
  })

  test('is restarted while Muster runs, the next call finds it again', async () => {
    await firstRun()
    const keys = muster()
    await keys.open()
    expect(await keys.call('get', 'A')).toBe('secret of A')
    await system.startKeyring({ password: PASSWORD })
    expect(await keys.call('get', 'A')).toBe('secret of A')
  })

  test('goes away while Muster runs, calls fail until it is back, and none says "no key"', async () => {
    await firstRun()
    const keys = muster()
    await keys.open()
    await system.stopKeyring()
    expect(await keys.call('get', 'B')).toEqual({ code: 'KEYCHAIN_UNAVAILABLE' })
    expect(await keys.call('status')).toMatchObject({ state: 'no-service', backend: 'os' })
    expect(await keys.call('set', 'B', 'x')).toEqual({ code: 'KEYCHAIN_UNAVAILABLE' })
    await system.startKeyring({ password: PASSWORD })
    expect(await keys.call('get', 'A')).toBe('secret of A')
    expect(await keys.call('status')).toMatchObject({ state: 'open' })
  })

  test('is locked while Muster runs, calls say so, and go on once it is unlocked', async () => {
    await firstRun()
    const keys = muster()
    await keys.open()
    await system.startKeyring({})
    expect(await keys.call('get', 'B')).toEqual({ code: 'KEYCHAIN_LOCKED' })
    expect(await keys.call('status')).toMatchObject({ state: 'locked', backend: 'os' })
    await system.startKeyring({ password: PASSWORD })
    expect(await keys.call('get', 'A')).toBe('secret of A')
  })

  test('hangs, calls end at their deadline and closing does not wait', async () => {
    await firstRun()
    system.pauseKeyring()
    const keys = muster(system.env, { os: { timeoutMs: 300 } })
    expect(await keys.open()).toMatchObject({ state: 'locked' })
    expect(keys.waits()).toBe(true)
    expect(await keys.call('get', 'A')).toEqual({ code: 'KEYCHAIN_TIMEOUT' })
    expect(await keys.call('close')).toBeUndefined()
  })
})

describe('a locked keyring', () => {
  test('is locked, not empty, for a profile that uses it', async () => {
    await firstRun()
    await system.startKeyring({})
    const keys = muster()
    expect(await keys.open()).toMatchObject({ state: 'locked', backend: 'os' })
    for (const account of ['A', 'B']) {
      expect(await keys.call('get', account)).toEqual({ code: 'KEYCHAIN_LOCKED' })
    }
    expect(await keys.call('accounts')).toEqual({ code: 'KEYCHAIN_LOCKED' })
    expect(await keys.call('delete', 'A')).toEqual({ code: 'KEYCHAIN_LOCKED' })
    // On retry the system would prompt; here it can't, which counts as dismissed.
    expect(await keys.retry()).toMatchObject({ state: 'locked' })
  })

  test('is locked with the wrong password too', async () => {
    await firstRun()
    await system.startKeyring({ password: 'another password' })
    expect(await muster().open()).toMatchObject({ state: 'locked' })
  })

  test('is not taken into use on a first run, and the vault stays on offer', async () => {
    await system.startKeyring({ password: PASSWORD })
    await system.startKeyring({})
    const keys = muster()
    expect(await keys.open()).toMatchObject({ state: 'locked', backend: null })
    expect(await readdir(profile)).toEqual([])
    expect(await keys.call('createVault', PASSPHRASE)).toMatchObject({ backend: 'vault' })
  })
})

describe('without a session bus or without a keyring on it', () => {
  test('a profile that keeps keys in the keyring gets "no service", never "no key"', async () => {
    await firstRun()
    const record = await readFile(join(profile, 'keychain.json'), 'utf8')
    await system.stopKeyring()
    for (const env of [system.env, withoutSecretService(profile)]) {
      const keys = muster(env)
      expect(await keys.open()).toMatchObject({ state: 'no-service', backend: 'os' })
      expect(await keys.call('get', 'A')).toEqual({ code: 'KEYCHAIN_UNAVAILABLE' })
      expect(await keys.call('get', 'NEVER')).toEqual({ code: 'KEYCHAIN_UNAVAILABLE' })
      expect(await keys.call('accounts')).toEqual({ code: 'KEYCHAIN_UNAVAILABLE' })
      expect(await keys.call('createVault', PASSPHRASE)).toEqual({ code: 'KEYCHAIN_CHOSEN' })
    }
    expect(await readFile(join(profile, 'keychain.json'), 'utf8')).toBe(record)
  })

  test('a bus that dies under a running Muster is an error, not its end', async () => {
    await firstRun()
    const keys = muster()
    await keys.open()
    await keys.call('get', 'A')
    await system.stopBus()
    expect(await keys.call('get', 'A')).toEqual({ code: 'KEYCHAIN_UNAVAILABLE' })
    expect(await keys.call('set', 'B', 'x')).toEqual({ code: 'KEYCHAIN_UNAVAILABLE' })
  })

  test('a first run asks for a vault passphrase and writes nothing to the kernel keyring', async () => {
    const service = `muster-${randomUUID()}`
    const keys = muster(withoutSecretService(profile), { service })
    expect(await keys.open()).toMatchObject({ state: 'uninitialised', backend: null })
    expect(await keys.call('set', 'A', 'x')).toEqual({ code: 'KEYCHAIN_UNINITIALISED' })
    // The kernel names its keys after what they are for.
    if (process.platform === 'linux') {
      expect(await readFile('/proc/keys', 'utf8')).not.toContain(service)
    }
    expect(await keys.call('createVault', PASSPHRASE)).toMatchObject({ state: 'open' })
    await keys.call('set', 'A', 'in the vault')
    await keys.end()

    // A keyring that appears later does not tempt it away from the vault.
    await system.startKeyring({ password: PASSWORD })
    const again = muster()
    expect(await again.open()).toMatchObject({ state: 'locked', backend: 'vault' })
    expect(await again.call('unlock', PASSPHRASE)).toMatchObject({ state: 'open' })
    expect(await again.call('get', 'A')).toBe('in the vault')
  })
})

describe('another keyring than the profile recorded', () => {
  test('is refused, left as it is, and the old one is taken again once it is back', async () => {
    await firstRun()
    await system.startKeyring({ password: PASSWORD, data: 'another-user' })
    const keys = muster()
    expect(await keys.open()).toMatchObject({ state: 'changed', backend: 'os' })
    expect(await keys.call('get', 'A')).toEqual({ code: 'KEYCHAIN_CHANGED' })
    expect(await keys.call('set', 'NEW', 'operator')).toEqual({ code: 'KEYCHAIN_CHANGED' })

    await system.startKeyring({ password: PASSWORD })
    expect(await keys.retry()).toMatchObject({ state: 'open' })
    expect(await keys.call('accounts')).toEqual(['A'])
  })

  test('is noticed while Muster runs, before a key is called absent or a new one stored', async () => {
    await firstRun()
    const keys = muster()
    await keys.open()
    await system.startKeyring({ password: PASSWORD, data: 'another-user' })
    expect(await keys.call('set', 'NEW', 'operator')).toEqual({ code: 'KEYCHAIN_CHANGED' })
    expect(await keys.call('get', 'A')).toEqual({ code: 'KEYCHAIN_CHANGED' })
  })

  test('that has no collection at all is not taken for it either', async () => {
    await firstRun()
    await system.startKeyring({ data: 'never-used' })
    const keys = muster()
    expect(await keys.open()).toMatchObject({ state: 'no-service', backend: 'os' })
    expect(await keys.call('get', 'A')).toEqual({ code: 'KEYCHAIN_NO_COLLECTION' })
  })

  test('can be taken into use on the word of the person, who starts over', async () => {
    await firstRun()
    await system.startKeyring({ password: PASSWORD, data: 'another-user' })
    const keys = muster()
    await keys.open()
    expect(await keys.call('startOver')).toMatchObject({ state: 'open', backend: 'os' })
    expect(await keys.call('accounts')).toEqual([])
    expect(await readdir(profile)).toContainEqual(expect.stringMatching(/^keychain\.json\.until-/))
  })
})
