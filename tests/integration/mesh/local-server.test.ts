import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { openMeshConnection } from '../../../src/main/mesh/connection.ts'
import type { LocalServerState } from '../../../src/main/mesh/local-server.ts'
import { isRunning } from '../../../src/main/mesh/process-facts.ts'
import { until } from '../../support/until.ts'
import { createTestServer, type TestServer } from './support/test-plan.ts'
import { NEVER } from '#shared/never.ts'

const APP = join(import.meta.dirname, 'support', 'crashing-app.ts')

let mesh: TestServer
const closers: (() => unknown)[] = []

beforeEach(async () => {
  mesh = await createTestServer()
})

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
  await mesh.close()
})

async function login(url = mesh.url()): Promise<string> {
  const user = mesh.operator.user()
  const connection = await openMeshConnection(
    { name: 'test', servers: [url], credentials: async () => user, log: silentLogger() },
    NEVER,
  )
  const name = connection.nats.info?.server_name ?? ''
  await connection.close()
  return name
}

function statesOf(): LocalServerState[] {
  const states: LocalServerState[] = []
  mesh.server.subscribe((state) => states.push(state))
  return states
}

async function occupy(port: number): Promise<() => Promise<void>> {
  const other = createServer()
  other.listen(port, '127.0.0.1')
  await once(other, 'listening')
  return async () => {
    other.close()
    await once(other, 'close')
  }
}

test('starts a server on which accounts exist from the first moment', async () => {
  await mesh.server.start(NEVER)
  expect(await login()).toMatch(/^muster-/u)
  expect(await login(`ws://127.0.0.1:${mesh.plan.ports.webSocket}`)).toMatch(/^muster-/u)
  expect(mesh.server.state).toMatchObject({ phase: 'running', restarts: 0, problem: undefined })
  const jwt = await readFile(
    join(mesh.paths.resolver, `${mesh.operator.account.publicKey}.jwt`),
    'utf8',
  )
  expect(jwt).toBe(mesh.plan.accounts.accounts[0]!.jwt)
  expect((await stat(mesh.paths.config)).mode & 0o777).toBe(0o600)
  expect((await stat(mesh.paths.folder)).mode & 0o777).toBe(0o700)
})

test('keeps what it logs, without JWTs', async () => {
  await mesh.server.start(NEVER)
  await mesh.server.stop()
  const log = await readFile(join(mesh.logFolder, 'nats-server.log'), 'utf8')
  expect(log).toMatch(/Server is ready/u)
  expect(log).not.toMatch(/eyJ/u)
})

test('starts the server again when it is killed, and counts that', async () => {
  await mesh.server.start(NEVER)
  const states = statesOf()
  const first = mesh.server.state.pid!
  process.kill(first, 'SIGKILL')
  await until(
    'the restart',
    () => mesh.server.state.phase === 'running' && mesh.server.state.restarts === 1,
  )
  expect(mesh.server.state.pid).not.toBe(first)
  expect(states.map(({ phase }) => phase)).toEqual(['starting', 'running'])
  await login()
  process.kill(mesh.server.state.pid!, 'SIGKILL')
  await until(
    'the second restart',
    () => mesh.server.state.phase === 'running' && mesh.server.state.restarts === 2,
  )
})

test('stops at once, ends the process and forgets its pid file', async () => {
  await mesh.server.start(NEVER)
  const pid = mesh.server.state.pid!
  expect(await readFile(mesh.paths.pid, 'utf8')).toBe(`${pid}\n`)
  const started = performance.now()
  await mesh.server.stop()
  expect(performance.now() - started).toBeLessThan(4_000)
  expect(isRunning(pid)).toBe(false)
  await expect(readFile(mesh.paths.pid)).rejects.toMatchObject({ code: 'ENOENT' })
  expect(mesh.server.state.phase).toBe('stopped')
})

test('names who uses the port instead of moving to another', async () => {
  const release = await occupy(mesh.plan.ports.client)
  closers.push(release)
  await expect(mesh.server.start(NEVER)).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    kind: 'conflict',
    details: { port: mesh.plan.ports.client, pid: process.pid },
    advice: expect.stringContaining(String(process.pid)),
  })
  expect(mesh.server.state.phase).toBe('stopped')
})

test('tries on while the port is taken and starts when it is free', async () => {
  const release = await occupy(mesh.plan.ports.webSocket)
  await mesh.server.keepRunning()
  await until('the problem', () => mesh.server.state.problem?.code === 'PORT_IN_USE')
  expect(mesh.server.state.phase).toBe('waiting')
  await release()
  await until('the start', () => mesh.server.state.phase === 'running')
  expect(mesh.server.state).toMatchObject({ problem: undefined, restarts: 0 })
})

test('says that the address is not one of this computer', async () => {
  mesh.plan = { ...mesh.plan, host: '192.0.2.77' }
  await expect(mesh.server.start(NEVER)).rejects.toMatchObject({ code: 'ADDRESS_NOT_AVAILABLE' })
})

test('says that the folder can not be written', async () => {
  await writeFile(mesh.paths.folder, 'a file where the folder should be')
  await expect(mesh.server.start(NEVER)).rejects.toMatchObject({
    code: 'MESH_FOLDER_UNWRITABLE',
    details: { folder: mesh.paths.folder },
  })
  await rm(mesh.paths.folder)
})

test('tells the last lines of a server that ends at once', async () => {
  const path = join(mesh.folder, 'broken-nats-server')
  await writeFile(path, '#!/bin/sh\necho "no luck today with $1" >&2\nexit 3\n')
  await chmod(path, 0o755)
  mesh.plan = { ...mesh.plan, binary: { path, version: '2.9.10' } }
  await expect(mesh.server.start(NEVER)).rejects.toMatchObject({
    code: 'NATS_SERVER_START',
    details: { output: 'no luck today with -c' },
  })
})

test.each([
  ['a full disk', 'no space left on device', 'DISK_FULL'],
  [
    'a folder that is not ours',
    'could not create storage directory: permission denied',
    'MESH_FOLDER_UNWRITABLE',
  ],
])('recognises %s in what the server says', async (_what, line, code) => {
  const path = join(mesh.folder, 'broken-nats-server')
  await writeFile(path, `#!/bin/sh\necho "[FTL] ${line}" >&2\nexit 1\n`)
  await chmod(path, 0o755)
  mesh.plan = { ...mesh.plan, binary: { path, version: '2.9.10' } }
  await expect(mesh.server.start(NEVER)).rejects.toMatchObject({ code })
})

test('restarts on a changed plan without counting that as a failure', async () => {
  await mesh.server.start(NEVER)
  const before = mesh.server.state.pid
  const states = statesOf()
  await mesh.server.restart()
  await until(
    'the new server',
    () => mesh.server.state.phase === 'running' && mesh.server.state.pid !== before,
  )
  expect(states.at(-1)).toMatchObject({ restarts: 0, problem: undefined })
})

test('gives up a start when told so', async () => {
  const path = join(mesh.folder, 'silent-nats-server')
  await writeFile(path, '#!/bin/sh\nexec sleep 60\n')
  await chmod(path, 0o755)
  mesh.plan = { ...mesh.plan, binary: { path, version: '2.9.10' } }
  const stop = new AbortController()
  const starting = mesh.server.start(stop.signal)
  await until('the process', () =>
    readFile(mesh.paths.pid).then(
      () => true,
      () => false,
    ),
  )
  const pid = Number(await readFile(mesh.paths.pid, 'utf8'))
  stop.abort(new Error('changed my mind'))
  await expect(starting).rejects.toThrow('changed my mind')
  expect(isRunning(pid)).toBe(false)
})

type AppProcess = ChildProcessByStdio<null, Readable, null>

async function startApp(): Promise<{ app: AppProcess; serverPid: number }> {
  const { client, webSocket } = mesh.plan.ports
  const app = spawn(
    process.execPath,
    [APP, mesh.folder, String(client), String(webSocket), JSON.stringify(mesh.plan.accounts)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  closers.push(() => app.kill('SIGKILL'))
  const [line] = (await once(app.stdout, 'data')) as [Buffer]
  return { app, serverPid: Number(line.toString()) }
}

test('ends with the app even when that is killed', async () => {
  const { app, serverPid } = await startApp()
  expect(isRunning(serverPid)).toBe(true)
  app.kill('SIGKILL')
  await until('the end of the server', () => !isRunning(serverPid))
})

test('replaces the server that a killed app left behind', async () => {
  const { app, serverPid } = await startApp()
  // The guard would end the server: without it the server is what a system without one leaves.
  const guards = await guardsOf(serverPid)
  for (const guard of guards) process.kill(guard, 'SIGKILL')
  app.kill('SIGKILL')
  await once(app, 'exit')
  expect(guards).toHaveLength(1)
  expect(isRunning(serverPid)).toBe(true)
  await mesh.server.start(NEVER)
  expect(isRunning(serverPid)).toBe(false)
  await login()
})

test('finds the server left behind by its port when the pid file is gone', async () => {
  const { app, serverPid } = await startApp()
  for (const guard of await guardsOf(serverPid)) process.kill(guard, 'SIGKILL')
  app.kill('SIGKILL')
  await once(app, 'exit')
  await rm(mesh.paths.pid)
  await mesh.server.start(NEVER)
  expect(isRunning(serverPid)).toBe(false)
})

test('leaves a process alone that only has the number of the old server', async () => {
  const bystander = spawn('sleep', ['60'])
  closers.push(() => bystander.kill('SIGKILL'))
  await mkdir(mesh.paths.folder, { recursive: true })
  await writeFile(mesh.paths.pid, `${bystander.pid}\n`)
  await mesh.server.start(NEVER)
  expect(isRunning(bystander.pid!)).toBe(true)
  expect(await readFile(mesh.paths.pid, 'utf8')).toBe(`${mesh.server.state.pid}\n`)
})

test.each(['', 'not a number', '-1', '0', '1', '99999999999'])(
  'does not stumble over a pid file that holds “%s”',
  async (content) => {
    await mkdir(mesh.paths.folder, { recursive: true })
    await writeFile(mesh.paths.pid, content)
    await mesh.server.start(NEVER)
    await login()
  },
)

/** The guard shells of a server, by their command line (Linux). */
async function guardsOf(pid: number): Promise<number[]> {
  const found: number[] = []
  for (const name of await readdir('/proc')) {
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')
    if (command.includes(`muster-guard\0${pid}\0`)) found.push(Number(name))
  }
  return found
}
