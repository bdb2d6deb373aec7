import { expect, test } from 'vitest'
import type { HealthUpdate } from '#shared/contract/health.ts'
import type { MeshState } from '#shared/contract/mesh.ts'
import { durationText } from './duration-text.ts'
import { HealthService } from './health-service.ts'
import { watchMesh } from './watch-mesh.ts'
import { watchRegistry, type RegistryCondition } from './watch-registry.ts'

function watched() {
  let minute = 0
  const health = new HealthService({ now: () => new Date(Date.UTC(2026, 0, 1, 0, minute++)) })
  const updates: HealthUpdate[] = []
  health.subscribe((update) => void updates.push(update))
  const notices = () =>
    updates.flatMap((update) => (update.type === 'notice' ? [update.notice] : []))
  const component = () => {
    const last = updates.findLast((update) => update.type === 'component')
    return last?.type === 'component' ? last.component : undefined
  }
  return { health, updates, notices, component }
}

/** Something to subscribe to, with the means to say the next thing. */
function source<T>() {
  const listeners = new Set<(value: T) => void>()
  return {
    subscribe: (listener: (value: T) => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    say: (value: T) => listeners.forEach((listener) => listener(value)),
    listeners,
  }
}

test('a window that opens later sees all components and the newest hundred notices', () => {
  const { health } = watched()
  health.report('storage', { state: 'ok', summary: 'Fine' })
  for (let index = 1; index <= 150; index += 1) {
    health.notify({ level: 'info', title: String(index), text: '' })
  }
  const heard: HealthUpdate[] = []
  health.subscribe((update) => void heard.push(update))
  const [snapshot] = heard
  expect(snapshot?.type === 'snapshot' && snapshot.components).toHaveLength(1)
  expect(snapshot?.type === 'snapshot' && snapshot.notices.map(({ id }) => id)).toEqual(
    Array.from({ length: 100 }, (_, index) => index + 51),
  )
})

test('`since` moves with the state, and an unchanged report is no update', () => {
  const { health, updates, component } = watched()
  health.report('registry', { state: 'ok', summary: 'Running, 1 device online' })
  const since = component()?.since
  health.report('registry', { state: 'ok', summary: 'Running, 2 devices online' })
  expect(component()).toMatchObject({ since, summary: 'Running, 2 devices online' })
  const before = updates.length
  health.report('registry', { state: 'ok', summary: 'Running, 2 devices online' })
  expect(updates).toHaveLength(before)
  health.report('registry', { state: 'failed', summary: 'Stopped' })
  expect(component()?.since).not.toBe(since)
})

test('a registry that stops and comes back is told of, with how long it took', () => {
  const { health, notices, component } = watched()
  const supervisor = source<RegistryCondition>()
  let clock = 1000
  const stop = watchRegistry(health, supervisor, () => clock)
  supervisor.say({ state: 'starting' })
  supervisor.say({ state: 'running', devicesOnline: 3 })
  expect(component()).toMatchObject({ state: 'ok', summary: 'Running, 3 devices online' })
  expect(notices()).toEqual([])
  supervisor.say({ state: 'restarting' })
  clock += 1234
  supervisor.say({ state: 'starting' })
  supervisor.say({ state: 'running', devicesOnline: 3 })
  expect(notices().map(({ title, text }) => [title, text])).toEqual([
    ['The registry stopped', expect.any(String)],
    ['The registry stopped and was started again', 'Recovered after 1.2 s.'],
  ])
  stop()
  expect(supervisor.listeners.size).toBe(0)
})

const MESH: MeshState = {
  kind: 'local',
  name: 'Local',
  dialect: 'device-connect',
  state: 'connected',
  since: '2026-01-01T00:00:00.000Z',
  deviceUrls: [],
  reach: 'loopback',
  tls: false,
  serverVersion: '2.9.10',
  rttMs: 1,
  reconnects: 0,
  serverRestarts: 0,
  canIssue: true,
  problem: null,
}

test('a mesh that is lost and comes back is told of; one that a person switched is not', () => {
  const { health, notices, component } = watched()
  const mesh = source<{ type: 'snapshot'; mesh: MeshState }>()
  let clock = 0
  watchMesh(health, mesh, () => clock)
  const say = (change: Partial<MeshState>) =>
    mesh.say({ type: 'snapshot', mesh: { ...MESH, ...change } })
  say({ state: 'starting' })
  say({})
  expect(component()).toMatchObject({
    state: 'ok',
    summary: 'Connected to nats-server 2.9.10, this computer only',
  })
  say({ state: 'reconnecting' })
  clock += 340
  // Counted as soon as the server is started again, before the connection stands.
  say({ state: 'reconnecting', serverRestarts: 1 })
  say({ serverRestarts: 1 })
  say({ kind: 'remote', name: 'Plant', state: 'starting' })
  say({ kind: 'remote', name: 'Plant' })
  expect(notices().map(({ title }) => title)).toEqual([
    'The connection to the mesh was lost',
    'The local mesh stopped and was started again',
  ])
  expect(notices()[1]?.text).toBe('Recovered after 340 ms.')
})

test('durations read as people say them', () => {
  expect([3.4, 949, 951, 59_940, 125_000].map(durationText)).toEqual([
    '3 ms',
    '949 ms',
    '1.0 s',
    '59.9 s',
    '2 min 5 s',
  ])
})
