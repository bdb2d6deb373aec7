import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lockProfile } from './profile-lock.ts'
import { defaultProfile } from './profile.ts'

test.each([
  ['linux', {}, '/home/ada/.local/share/muster', '/home/ada/.local/state/muster/log'],
  [
    'linux',
    { XDG_DATA_HOME: '/data', XDG_STATE_HOME: '/state' },
    '/data/muster',
    '/state/muster/log',
  ],
  ['darwin', {}, '/home/ada/Library/Application Support/Muster', '/home/ada/Library/Logs/Muster'],
] as const)(
  'on %s with %j data is in %s and logs are in %s',
  (platform, environment, data, logs) => {
    const profile = defaultProfile(platform, environment, '/home/ada')
    expect(profile.folder).toBe(data)
    expect(profile.logFolder).toBe(logs)
  },
)

test('a second Muster on one profile is refused until the first let go', () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-lock-'))
  const first = lockProfile(folder)
  expect(() => lockProfile(folder)).toThrow(expect.objectContaining({ code: 'PROFILE_IN_USE' }))
  first.release()
  lockProfile(folder).release()
})

test('a Muster that was killed leaves no lock behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-lock-'))
  const module = join(import.meta.dirname, 'profile-lock.ts')
  const script = `import(${JSON.stringify(module)}).then((m) => { globalThis.lock = m.lockProfile(process.argv[1]); console.log('held'); setInterval(() => {}, 1000) })`
  const child = spawn(process.execPath, ['-e', script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    await once(child.stdout, 'data')
    expect(() => lockProfile(folder)).toThrow(expect.objectContaining({ code: 'PROFILE_IN_USE' }))
  } finally {
    child.kill('SIGKILL')
  }
  await once(child, 'exit')
  lockProfile(folder).release()
})

test('a profile folder that can not be made is named as unreadable', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'muster-lock-')), 'file')
  writeFileSync(file, '')
  expect(() => lockProfile(join(file, 'inside'))).toThrow(
    expect.objectContaining({ code: 'PROFILE_UNREADABLE' }),
  )
})
