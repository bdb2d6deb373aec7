import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { SCALE } from './support/scale.ts'
import { Scene, UNHARMED } from './support/scene.ts'

test.concurrent('a nats-server that is away for longer than a TTL costs nobody', async (context) => {
  const scene = await Scene.open(context)
  await scene.startRegistry(scene.sqlite())
  const fleet = await scene.fleet()
  scene.strike()
  await scene.restartNats(SCALE.awayMs)
  await scene.recovered(fleet)
  const fault = `kill -9 of nats-server for ${SCALE.awayMs / 1000} s`
  expect(await scene.verdict(fault, fleet)).toEqual(UNHARMED)
})

test.concurrent('devices that all come back at once are all taken in', async (context) => {
  const scene = await Scene.open(context)
  await scene.startRegistry(scene.sqlite())
  const fleet = await scene.crowd('crowd')
  scene.strike()
  await scene.restartNats(0)
  await scene.crowdIsBack(fleet)
  await scene.recovered(fleet)
  const fault = `${SCALE.crowd} connections that come back at once`
  expect(await scene.verdict(fault, fleet)).toEqual(UNHARMED)
})

test.concurrent('a registry that starts while the mesh is away serves when it is back', async (context) => {
  const scene = await Scene.open(context)
  const first = await scene.startRegistry(scene.sqlite())
  const fleet = await scene.fleet()
  await first.end('SIGTERM')
  scene.strike()
  const away = scene.restartNats(SCALE.awayMs / 2)
  await pause(100)
  await Promise.all([away, scene.startRegistry(scene.sqlite())])
  await scene.recovered(fleet)
  const fault = 'a registry that starts before nats-server'
  expect(await scene.verdict(fault, fleet)).toEqual(UNHARMED)
})
