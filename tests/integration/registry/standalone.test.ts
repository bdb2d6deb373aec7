import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { startNatsServer } from '../../support/nats-server.ts'
import { until } from '../../support/until.ts'
import { SIDECAR_ENTRY } from './running-sidecar.ts'
import { WireClient } from './wire-device.ts'

const closing: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

function startAlone(environment: Record<string, string>) {
  const child: ChildProcess = spawn(process.execPath, [SIDECAR_ENTRY], {
    env: { PATH: process.env['PATH'], HOME: tmpdir(), ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let output = ''
  child.stderr?.on('data', (chunk: Buffer) => void (output += chunk.toString()))
  closing.push(() => void child.kill('SIGKILL'))
  return { child, exited: once(child, 'exit'), output: () => output }
}

test('alone it is configured by its environment, serves, and ends in good order', async () => {
  const server = await startNatsServer()
  closing.push(() => server.stop())
  const folder = await mkdtemp(join(tmpdir(), 'muster-alone-'))
  closing.push(() => rm(folder, { recursive: true, force: true }))
  const environment = {
    NATS_URL: server.url,
    MUSTER_REGISTRY_DATABASE: join(folder, 'registry.db'),
    DC_LIST_DEVICES_MAX_LIMIT: '1',
  }
  const first = startAlone(environment)
  const device = await WireClient.open(server.url)
  closing.push(() => device.close())
  await until('it serves', () => first.output().includes('the registry serves'))
  await device.register('default', 'a', { device_ttl: 60 })
  await device.register('other', 'b', { device_ttl: 60 })
  await device.register('default', 'c', { device_ttl: 60 })
  expect(await device.list('default', { limit: 50 })).toEqual(['a'])
  first.child.kill('SIGTERM')
  expect(await first.exited).toEqual([0, null])

  const second = startAlone(environment)
  await until('it serves again', () => second.output().includes('the registry serves'))
  expect(await device.list('default')).toEqual(['a', 'c'])
  expect(await device.list('other')).toEqual(['b'])
})

test('a variable that can not be used is named, and the exit code is 1', async () => {
  const alone = startAlone({ DEVICE_TTL: 'soon' })
  expect(await alone.exited).toEqual([1, null])
  expect(alone.output()).toContain('DEVICE_TTL')
})
