import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findNatsServer } from './nats-server-binary.ts'

const signal = AbortSignal.timeout(20_000)
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-binary-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function fakeServer(name: string, script: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, `#!/bin/sh\n${script}\n`)
  await chmod(path, 0o755)
  return path
}

test('finds the server that the settings name, whatever it is called', async () => {
  const path = await fakeServer('nats-2.11', 'echo "nats-server: v2.11.4"')
  expect(await findNatsServer({ settingsPath: path, resourcesFolder: null }, signal)).toEqual({
    path,
    version: '2.11.4',
  })
})

test('prefers the packaged server to the one on the PATH', async () => {
  const path = await fakeServer('nats-server', 'echo "nats-server: v2.10.0-RC.1"')
  expect(
    await findNatsServer(
      { settingsPath: null, resourcesFolder: folder, searchPath: '/usr/bin:/usr/sbin' },
      signal,
    ),
  ).toEqual({ path, version: '2.10.0-RC.1' })
})

test('finds the real one in the usual folders although the PATH lacks them', async () => {
  const path = process.env['PATH']
  process.env['PATH'] = folder
  try {
    const found = await findNatsServer({ settingsPath: null, resourcesFolder: null }, signal)
    expect(found.version).toMatch(/^2\.\d+\.\d+/u)
  } finally {
    process.env['PATH'] = path
  }
})

test.each([
  ['linux', /apt install nats-server/u],
  ['darwin', /brew install nats-server/u],
  ['win32', /scoop install/u],
] as const)('says how to get a missing server on %s', async (platform, advice) => {
  const search = { settingsPath: null, resourcesFolder: null, searchPath: folder, platform }
  await expect(findNatsServer(search, signal)).rejects.toMatchObject({
    code: 'NATS_SERVER_MISSING',
    kind: 'rejected',
    advice: expect.stringMatching(advice),
  })
})

test('does not search on when the path in the settings is wrong', async () => {
  const settingsPath = join(folder, 'not-there')
  await expect(
    findNatsServer({ settingsPath, resourcesFolder: null }, signal),
  ).rejects.toMatchObject({
    code: 'NATS_SERVER_MISSING',
    message: expect.stringContaining(settingsPath),
  })
})

test('refuses a server older than 2.9 and says which one it found', async () => {
  const settingsPath = await fakeServer('nats-server', 'echo "nats-server: v2.8.4"')
  await expect(
    findNatsServer({ settingsPath, resourcesFolder: null }, signal),
  ).rejects.toMatchObject({
    code: 'NATS_SERVER_TOO_OLD',
    details: { path: settingsPath, version: '2.8.4' },
    advice: expect.stringMatching(/nats-server/u),
  })
})

test('takes a later major version', async () => {
  const settingsPath = await fakeServer('nats-server', 'echo "nats-server: v3.0.0"')
  const found = await findNatsServer({ settingsPath, resourcesFolder: null }, signal)
  expect(found.version).toBe('3.0.0')
})

test.each([
  ['tells no version', 'echo hello'],
  ['fails', 'echo broken >&2; exit 3'],
])('refuses a program that %s', async (_what, script) => {
  const settingsPath = await fakeServer('nats-server', script)
  await expect(
    findNatsServer({ settingsPath, resourcesFolder: null }, signal),
  ).rejects.toMatchObject({ code: 'NATS_SERVER_UNUSABLE' })
})
