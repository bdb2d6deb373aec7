import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { SCALE, TTL_MS } from './support/scale.ts'
import { Scene, UNHARMED } from './support/scene.ts'

const CLOCK_STEP = join(import.meta.dirname, 'support', 'clock-step.ts')

test.concurrent('a registry that is killed loses nobody', async (context) => {
  const scene = await Scene.open(context)
  const registry = await scene.startRegistry(scene.sqlite())
  const fleet = await scene.fleet()
  scene.strike()
  await registry.end('SIGKILL')
  await scene.startRegistry(scene.sqlite())
  await scene.recovered(fleet)
  expect(await scene.verdict('kill -9 of the registry', fleet)).toEqual(UNHARMED)
})

test.concurrent('a registry that is killed while a fleet registers loses nobody', async (context) => {
  const scene = await Scene.open(context)
  const registry = await scene.startRegistry(scene.sqlite())
  const count = 4 * SCALE.devices
  // One at a time, so that there is an amid.
  const coming = scene.fleet('coming', 1, count)
  expect(await scene.begunToRegister('coming', count / 10)).toBeLessThan(count)
  scene.strike()
  await registry.end('SIGKILL')
  await scene.startRegistry(scene.sqlite())
  const fleet = await coming
  await scene.recovered(fleet)
  const fault = 'kill -9 of the registry amid registrations'
  expect(await scene.verdict(fault, fleet)).toEqual(UNHARMED)
})

test.concurrent('a laptop that slept for two TTLs declares nobody offline', async (context) => {
  const scene = await Scene.open(context)
  const registry = await scene.startRegistry(scene.sqlite())
  const fleet = await scene.fleet()
  scene.strike()
  registry.signal('SIGSTOP')
  await pause(2 * TTL_MS)
  registry.signal('SIGCONT')
  await scene.recovered(fleet)
  expect(await scene.verdict('SIGSTOP of the registry for 2 ttl', fleet)).toEqual(UNHARMED)
})

for (const [signal, what] of [
  ['SIGUSR2', 'an hour ahead'],
  ['SIGWINCH', 'an hour back'],
] as const) {
  test.concurrent(`a wall clock that is set ${what} harms nobody`, async (context) => {
    const scene = await Scene.open(context)
    const registry = await scene.startRegistry(scene.sqlite(), {
      nodeArgs: ['--import', CLOCK_STEP],
    })
    const fleet = await scene.fleet()
    scene.strike()
    registry.signal(signal)
    await scene.recovered(fleet)
    expect(await scene.verdict(`clock step, ${what}`, fleet)).toEqual(UNHARMED)
  })
}
