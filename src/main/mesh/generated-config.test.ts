import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createNkey } from '../authority/nkey.ts'
import { GeneratedConfigFile, type GeneratedConfig } from './generated-config.ts'

let folder = ''
const account = createNkey('account').publicKey

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-config-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const config = (jwt: string): GeneratedConfig => ({
  resolver: 'memory',
  operatorJwt: 'eyJoperator',
  systemAccount: account,
  preload: new Map([[account, { name: 'SYS\nport: 1', jwt }]]),
})

test('what stands above and below the generated part is kept byte by byte', async () => {
  const path = join(folder, 'server.conf')
  await writeFile(path, 'port: 4222\r\n# mine\n', { mode: 0o604 })
  const file = new GeneratedConfigFile(path)
  expect((await file.preload()).size).toBe(0)
  await file.write(config('eyJone'))
  const once = await readFile(path, 'utf8')
  expect(once.endsWith('port: 4222\r\n# mine\n')).toBe(true)
  await writeFile(path, `# above\n${once}`)
  await file.write(config('eyJtwo'))
  const twice = await readFile(path, 'utf8')
  expect(twice).toBe(`# above\n${once.replace('eyJone', 'eyJtwo')}`)
  expect(await file.preload()).toEqual(new Map([[account, { name: 'SYS port: 1', jwt: 'eyJtwo' }]]))
  expect((await stat(path)).mode & 0o777).toBe(0o604)
})

test('a new file holds the generated part alone', async () => {
  const path = join(folder, 'new.conf')
  await new GeneratedConfigFile(path).write(config('eyJone'))
  expect(await readFile(path, 'utf8')).toContain('resolver: MEMORY')
})

test('a file with an operator or a resolver of its own is left alone', async () => {
  const path = join(folder, 'server.conf')
  const text = 'port: 4222\nresolver_preload: {}\n'
  await writeFile(path, text)
  await expect(new GeneratedConfigFile(path).write(config('eyJ'))).rejects.toMatchObject({
    code: 'SERVER_CONFIG_TAKEN',
    details: { line: 'resolver_preload' },
  })
  expect(await readFile(path, 'utf8')).toBe(text)
})

test('a file with one of the two marks is left alone', async () => {
  const path = join(folder, 'server.conf')
  const file = new GeneratedConfigFile(path)
  await file.write(config('eyJone'))
  const text = (await readFile(path, 'utf8')).replace(/# <<< .*\n/u, '')
  await writeFile(path, text)
  await expect(file.write(config('eyJtwo'))).rejects.toMatchObject({ code: 'SERVER_CONFIG_CUT' })
  expect(await readFile(path, 'utf8')).toBe(text)
})

test('the pid file is the one that the admin wrote down', async () => {
  const path = join(folder, 'server.conf')
  await writeFile(path, 'port: 4222\npid_file: "/run/nats/server.pid"\n')
  expect(await new GeneratedConfigFile(path).pidFile()).toBe('/run/nats/server.pid')
})
