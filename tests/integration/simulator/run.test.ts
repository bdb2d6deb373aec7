import { fork, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { SimulatorPlanInput, SimulatorReport } from '../../../src/simulator/plan.ts'
import { freeUdpPort } from '../../support/free-udp-port.ts'
import { startNatsServer, type NatsServer } from '../../support/nats-server.ts'
import { openCredentials, startTestRegistry, type TestRegistry } from './test-registry.ts'

const RUN = join(import.meta.dirname, '../../../src/simulator/run.ts')
const PIN = '48151623'

let server: NatsServer
let registry: TestRegistry

beforeAll(async () => {
  server = await startNatsServer()
  registry = await startTestRegistry(server.url)
})

afterAll(async () => {
  await registry.close()
  await server.stop()
})

function start() {
  const child = fork(RUN, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  })
  const reports: SimulatorReport[] = []
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.on('message', (message) => void reports.push(message as SimulatorReport))
  const exited = once(child, 'exit') as Promise<[number | null, string | null]>
  const ready = () => expect.poll(() => reports.find((it) => it.type === 'ready')).toBeDefined()
  return { child, reports, output: () => output, exited, ready }
}

async function plan(): Promise<SimulatorPlanInput> {
  const member = (deviceId: string) => ({ ...openCredentials(deviceId, server.url) })
  return {
    speed: 60,
    mdnsPort: await freeUdpPort(),
    fleet: [
      { kind: 'soil-sensor', credentials: member('soil-1') },
      { kind: 'irrigation-pump', credentials: member('pump-1') },
      { kind: 'irrigation-controller', credentials: member('control-1') },
    ],
    uncommissioned: [
      { kind: 'climate-node', deviceId: 'climate-1', pin: PIN, bcryptCost: 4 },
      { kind: 'gate-lock', deviceId: 'gate-1', pin: PIN, bcryptCost: 4, reportsKey: false },
    ],
  }
}

test('runs a fleet and devices that wait, and stops on request', async () => {
  const { child, reports, output, exited, ready } = start()
  child.send(await plan())
  await ready()
  const [report] = reports.filter((it) => it.type === 'ready')
  expect(report?.devices).toEqual([
    { deviceId: 'soil-1', kind: 'soil-sensor' },
    { deviceId: 'pump-1', kind: 'irrigation-pump' },
    { deviceId: 'control-1', kind: 'irrigation-controller' },
    {
      deviceId: 'climate-1',
      kind: 'climate-node',
      port: expect.any(Number),
      publicKey: expect.any(String),
    },
    {
      deviceId: 'gate-1',
      kind: 'gate-lock',
      port: expect.any(Number),
      publicKey: expect.any(String),
    },
  ])
  await expect
    .poll(() => reports.filter((it) => it.type === 'state' && it.state === 'online').length)
    .toBe(3)
  expect(await registry.call('soil-1', 'read_moisture')).toHaveProperty('result.moisture_percent')

  const { port } = report?.devices.find((it) => it.deviceId === 'climate-1') ?? {}
  const answer = await fetch(`http://127.0.0.1:${port}/commission`, {
    method: 'POST',
    body: JSON.stringify({ pin: PIN, credentials: openCredentials('climate-1', server.url) }),
  })
  expect(answer.status).toBe(200)
  await expect
    .poll(() => reports)
    .toContainEqual({ type: 'state', deviceId: 'climate-1', state: 'online' })
  expect(reports).toContainEqual({ type: 'commissioned', deviceId: 'climate-1' })

  child.send({ type: 'stop' })
  await expect(exited).resolves.toEqual([0, null])
  expect(reports.at(-1)).toEqual({ type: 'stopped' })
  expect(JSON.stringify(reports) + output()).not.toContain(PIN)
  expect(JSON.stringify(reports) + output()).not.toMatch(/SU[A-Z2-7]{56}/)
  expect(output()).toBe('')
})

test('stops on SIGTERM', async () => {
  const { child, exited, ready } = start()
  child.send(await plan())
  await ready()
  child.kill('SIGTERM')
  await expect(exited).resolves.toEqual([0, null])
})

test('stops when its parent goes away', async () => {
  const { child, exited, ready } = start()
  child.send(await plan())
  await ready()
  child.disconnect()
  await expect(exited).resolves.toEqual([0, null])
})

test('says which field of a plan it can not read, and not what stands in it', async () => {
  const { child, reports, exited } = start()
  child.send({ uncommissioned: [{ kind: 'climate-node', deviceId: 'x', pin: 48151623 }] })
  await expect(exited).resolves.toEqual([1, null])
  expect(reports).toEqual([
    {
      type: 'failed',
      code: 'PLAN_MALFORMED',
      message: expect.stringContaining('uncommissioned.0.pin'),
    },
  ])
  expect(JSON.stringify(reports)).not.toContain(PIN)
})

test('takes its plan from a file as well, and reports on standard output', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-plan-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'plan.json')
  writeFileSync(path, JSON.stringify(await plan()), { mode: 0o600 })
  const child: ChildProcess = spawn(process.execPath, [RUN, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: SimulatorReport[] = []
  createInterface({ input: child.stdout! }).on('line', (line) => void lines.push(JSON.parse(line)))
  const exited = once(child, 'exit')
  await expect.poll(() => lines.map(({ type }) => type)).toContain('ready')
  child.kill('SIGINT')
  await expect(exited).resolves.toEqual([0, null])
})

test('a hundred devices wait in one process, ready within ten seconds', async () => {
  const { child, reports, exited, ready } = start()
  const startedAt = performance.now()
  child.send({
    mdnsPort: await freeUdpPort(),
    uncommissioned: Array.from({ length: 100 }, (_, index) => ({
      kind: 'grow-light',
      deviceId: `light-${index}`,
      pin: PIN,
    })),
  } satisfies SimulatorPlanInput)
  await ready()
  expect(performance.now() - startedAt).toBeLessThan(10_000)
  const [report] = reports.filter((it) => it.type === 'ready')
  expect(new Set(report?.devices.map(({ port }) => port)).size).toBe(100)
  child.send({ type: 'stop' })
  await exited
})
