import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { startSidecar, whenServing } from '../integration/registry/running-sidecar.ts'
import { freeTcpPort } from '../support/free-tcp-port.ts'
import { startNatsServer } from '../support/nats-server.ts'
import { until } from '../support/until.ts'
import { PythonProgram } from './python-program.ts'

const REQUEST_TIMEOUT_MS = 1_500

/** The same said to the reference's registry and to ours. */
export interface TwoRegistries {
  readonly theirs: NatsConnection
  readonly ours: NatsConnection
  close(): Promise<void>
}

/** Starts both on a nats-server each, the reference's with a real etcd. */
export async function startTwoRegistries(python: string): Promise<TwoRegistries> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-parity-'))
  const endings: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
  const close = async () => {
    for (let end = endings.pop(); end !== undefined; end = endings.pop()) await end()
  }
  try {
    const etcdPort = await startEtcd(join(folder, 'etcd'), endings)
    const [theirServer, ourServer] = await Promise.all([startNatsServer(), startNatsServer()])
    endings.push(
      () => theirServer.stop(),
      () => ourServer.stop(),
    )
    const registry = new PythonProgram({
      python,
      command: ['-m', 'device_connect_server.registry.service.main'],
      folder,
      environment: {
        MESSAGING_BACKEND: 'nats',
        NATS_URL: theirServer.url,
        ETCD_HOST: '127.0.0.1',
        ETCD_PORT: String(etcdPort),
        DC_FLEET_CACHE_TTL: '0',
      },
    })
    endings.push(() => registry.stop())
    const sidecar = await startSidecar([ourServer.url])
    endings.push(() => sidecar.close())
    await registry.line('that it serves', (line) => line.includes('listening on all tenants'))
    await whenServing(sidecar.supervisor)
    const [theirs, ours] = await Promise.all([
      connect({ servers: theirServer.url }),
      connect({ servers: ourServer.url }),
    ])
    endings.push(
      () => theirs.close(),
      () => ours.close(),
    )
    return { theirs, ours, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Starts an etcd of its own and resolves with its client port once it answers. */
async function startEtcd(folder: string, endings: (() => Promise<unknown>)[]): Promise<number> {
  const [clients, peers] = [await freeTcpPort(), await freeTcpPort()]
  const url = `http://127.0.0.1:${clients}`
  const child = spawn(
    'etcd',
    [
      `--data-dir=${folder}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=http://127.0.0.1:${peers}`,
    ],
    { stdio: 'ignore' },
  )
  const killWithUs = () => void child.kill('SIGKILL')
  process.once('exit', killWithUs)
  const exited = once(child, 'exit')
  endings.push(async () => {
    child.kill('SIGTERM')
    await exited
    process.removeListener('exit', killWithUs)
  })
  await until('etcd to answer', async () => {
    const answer = await fetch(`${url}/health`).catch(() => undefined)
    return answer?.ok === true
  })
  return clients
}

/** Asks one registry; undefined where it does not answer. */
export async function ask(
  connection: NatsConnection,
  subject: string,
  payload: string,
): Promise<Record<string, unknown> | undefined> {
  try {
    const reply = await connection.request(subject, payload, { timeout: REQUEST_TIMEOUT_MS })
    return comparable(JSON.parse(reply.string())) as Record<string, unknown>
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') return undefined
    throw error
  }
}

/** JSON with what differs from run to run replaced. */
export function comparable(value: unknown): unknown {
  const text = JSON.stringify(value)
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gu, 'ID')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/gu, 'TIME')
    .replaceAll(/-\d{13}"/gu, '-MILLISECONDS"')
  return JSON.parse(text)
}
