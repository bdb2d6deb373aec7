import { describe, expect, test } from 'vitest'
import { MusterError } from '#shared/errors.ts'
import { double } from '../../../tests/support/keyring-double.ts'
import { osError } from './os-errors.ts'
import { OsKeychain } from './os-keychain.ts'
import type { KeyringBinding } from './os-store.ts'

function keychain(binding: KeyringBinding, platform: NodeJS.Platform, promptTimeoutMs = 1_000) {
  const loadBinding = async () => binding
  return new OsKeychain({ service: 'muster-test', platform, promptTimeoutMs, loadBinding })
}

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof MusterError))
    throw new Error('no MusterError was thrown', { cause: error })
  return error.code
}

describe.each(['darwin', 'win32'] as const)('on %s', (platform) => {
  test('stores, reads, lists and deletes', async () => {
    const keys = keychain(double(), platform)
    await keys.establish()
    await keys.set('UABC', 'seed')
    expect(await keys.get('UABC')).toBe('seed')
    expect(await keys.accounts()).toEqual(['UABC'])
    expect(await keys.delete('UABC')).toBe(true)
    expect(await keys.delete('UABC')).toBe(false)
    expect(await keys.get('UABC')).toBeUndefined()
  })

  test('does not take an empty keychain for the one that the profile used', async () => {
    const binding = double()
    const keys = keychain(binding, platform)
    const canary = await keys.establish()
    await keys.set('UABC', 'seed')
    binding.stored.clear()
    expect(await codeOf(keys.get('UABC'))).toBe('KEYCHAIN_CHANGED')
    expect(await codeOf(keys.set('UNEW', 'seed'))).toBe('KEYCHAIN_CHANGED')
    expect(await codeOf(keys.accounts())).toBe('KEYCHAIN_CHANGED')
    expect(await codeOf(keychain(binding, platform).verify(canary, { prompt: true }))).toBe(
      'KEYCHAIN_CHANGED',
    )
    expect([...binding.stored]).toEqual([])
  })
})

test('pins every entry to the Secret Service', async () => {
  const binding = double()
  const keys = keychain(binding, 'linux')
  await keys.establish()
  await keys.set('UABC', 'seed')
  const made = binding.calls.filter((call) => call.startsWith('entry'))
  expect(new Set(made)).toEqual(new Set(['entry {"linux":{"store":"secret-service"}}']))
})

test('refuses a store that keeps entries, but not in the Secret Service: the kernel keyring', async () => {
  const binding = double({ listsNothing: true })
  expect(await codeOf(keychain(binding, 'linux').establish())).toBe('KEYCHAIN_KERNEL_ONLY')
  expect([...binding.stored]).toEqual([])
})

test('says what does not fit into a Windows credential, and stores none of it', async () => {
  const binding = double()
  const keys = keychain(binding, 'win32')
  await keys.establish()
  await keys.set('fits', 'x'.repeat(1_280))
  expect(await codeOf(keys.set('large', 'x'.repeat(1_281)))).toBe('KEYCHAIN_SECRET_TOO_LARGE')
  expect(await codeOf(keys.set('empty', ''))).toBe('KEYCHAIN_SECRET_EMPTY')
  expect(await codeOf(keys.set('sp ace', 'x'))).toBe('KEYCHAIN_ACCOUNT_INVALID')
  expect(await keys.accounts()).toEqual(['fits'])
})

test('gives up on a prompt that nobody answers and lets no further call pile up behind it', async () => {
  const prompt = Promise.withResolvers<void>()
  let prompting = false
  const binding = double({ onCall: () => (prompting ? prompt.promise : undefined) })
  const keys = keychain(binding, 'darwin', 20)
  await keys.establish()
  prompting = true
  const attempts = [keys.get('A'), keys.get('B'), keys.get('C')]
  for (const attempt of attempts) expect(await codeOf(attempt)).toBe('KEYCHAIN_TIMEOUT')
  expect(keys.busy).toBe(true)
  expect(binding.calls.filter((call) => call === 'get').length).toBe(2)

  prompting = false
  prompt.resolve()
  expect(await keys.get('A')).toBeUndefined()
  expect(keys.busy).toBe(false)
})

test('closes without waiting for a prompt', async () => {
  let prompting = false
  const binding = double({
    onCall: () => (prompting ? new Promise(() => undefined) : undefined),
  })
  const keys = keychain(binding, 'darwin', 60_000)
  await keys.establish()
  prompting = true
  const attempt = codeOf(keys.get('A'))
  await keys.close()
  expect(await attempt).toBe('KEYCHAIN_CLOSED')
  expect(await codeOf(keys.get('A'))).toBe('KEYCHAIN_CLOSED')
})

test('says that there is no keychain where the native binding does not exist for this machine', async () => {
  const loadBinding = () => Promise.reject(new Error('Cannot find native binding'))
  const keys = new OsKeychain({ service: 'muster-test', platform: 'linux', loadBinding })
  expect(await codeOf(keys.establish())).toBe('KEYCHAIN_UNAVAILABLE')
})

// Texts as seen from the binding here (Linux), and as Apple's framework words them.
test.each([
  [
    "Couldn't access platform storage: Secret Service: unlock prompt was dismissed",
    'KEYCHAIN_LOCKED',
  ],
  [
    'zbus error: org.freedesktop.Secret.Error.IsLocked: Cannot get secret of a locked object',
    'KEYCHAIN_LOCKED',
  ],
  ["Couldn't access platform storage: User interaction is not allowed.", 'KEYCHAIN_LOCKED'],
  ["Couldn't access platform storage: User canceled the operation.", 'KEYCHAIN_DENIED'],
  [
    'zbus error: org.freedesktop.DBus.Error.AccessDenied: An AppArmor policy prevents this',
    'KEYCHAIN_DENIED',
  ],
  ["Couldn't access platform storage: Secret Service: no result found", 'KEYCHAIN_NO_COLLECTION'],
  [
    'Platform failure: DBus error: Using X11 for dbus-daemon autolaunch was disabled at compile time, set your DBUS_SESSION_BUS_ADDRESS instead',
    'KEYCHAIN_UNAVAILABLE',
  ],
  ['no secret service provider or dbus session found', 'KEYCHAIN_UNAVAILABLE'],
  ['Platform failure: DBus error: The session does not exist', 'KEYCHAIN_UNAVAILABLE'],
  [
    'zbus error: Failed to connect to address `unix:path=/run/user/0/bus`: No such file',
    'KEYCHAIN_UNAVAILABLE',
  ],
  ['something that nobody has seen', 'KEYCHAIN_FAILED'],
])('understands %j as %s', (text, code) => {
  expect(osError(new Error(text)).code).toBe(code)
})
