import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { DatabaseSync } from 'node:sqlite'
import type { QueuedCommand, QueueUpdate } from '#shared/contract/queue.ts'
import { dialectOf } from '#shared/protocol/dialect.ts'
import type { JsonObject } from '#shared/protocol/json-rpc.ts'
import { composeQueue } from '../../../src/main/app/queue.ts'
import { createNkey } from '../../../src/main/authority/nkey.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { ownUserSource } from '../../../src/main/mesh/own-user.ts'
import { TenantPool } from '../../../src/main/mesh/tenant-pool.ts'
import type { QueueTiming } from '../../../src/main/queue/device-commands.ts'
import { QUEUE_MIGRATIONS } from '../../../src/main/queue/migrations.ts'
import type { QueueService } from '../../../src/main/queue/queue-service.ts'
import type { CommandQueueSettings } from '../../../src/simulator/command-queue.ts'
import { startDevice, type SimulatedDevice } from '../../../src/simulator/device.ts'
import type { DeviceFunction } from '../../../src/simulator/description.ts'
import { startDeployment, type Deployment } from '../authority/support/deployment.ts'
import { tenancyOn } from '../tenants/support/tenancy.ts'
import { NEVER } from '#shared/never.ts'

const QUEUE_SCHEMA = QUEUE_MIGRATIONS.map(({ sql }) => sql).join(';')
const DAY_MS = 24 * 60 * 60 * 1000
const MINUTE_MS = 60_000
export const signal = NEVER
const SHOWN_WITHIN_MS = 60_000
/** Short enough for a test to see a redelivery, long enough for a busy machine. */
export const ACK_WAIT_MS = 1_000

/**
 * A console of this profile; one with the same keys and a profile of its own, as on another computer; or one
 * that has the login of a tenant's console and nothing else.
 */
export type ConsoleKind = 'own' | 'other-computer' | 'login-only'

/** A console with the queues of its tenants, over a real server. */
export interface Console {
  readonly queue: QueueService
  /** What the person was told. */
  readonly notices: readonly string[]
  /** Moves the console's clock on. */
  skip(ms: number): void
  close(): Promise<void>
}

export interface QueueWorld {
  readonly deployment: Deployment
  readonly console: Console
  /** Another console: of the same profile, as after a restart of the app. */
  open(kind?: ConsoleKind, timing?: QueueTiming): Console
  /** A credential and the device that uses it, ready to be started and stopped. */
  device(tenant: string, deviceId: string, options?: DeviceSetup): Promise<Device>
  enqueue(deviceId: string, order?: Partial<Order>): Promise<QueuedCommand>
  /** The command as the console shows it once it is in one of these states. */
  whenState(
    id: string,
    deviceId: string,
    ...states: QueuedCommand['state'][]
  ): Promise<QueuedCommand>
  /** Ends the server without warning. */
  killServer(): Promise<void>
  /** Starts it again where it was. */
  reviveServer(): Promise<void>
  /** Ends all consoles, so that the next test has no company. */
  closeConsoles(): Promise<void>
  close(): Promise<void>
}

interface Order {
  readonly console: Console
  readonly tenant: string
  readonly id: string
  readonly functionName: string
  readonly params: JsonObject
  readonly expiresInMs: number
}

interface DeviceSetup {
  readonly functions?: readonly DeviceFunction[]
  readonly queue?: CommandQueueSettings
  /** Instead of those of the role `device`. */
  readonly mayFetch?: boolean
}

export interface Device {
  readonly calls: JsonObject[]
  start(more?: { readonly functions?: readonly DeviceFunction[] }): SimulatedDevice
}

export async function startQueueWorld(isolation: 'account' | 'shared'): Promise<QueueWorld> {
  const deployment = await startDeployment()
  deployment.database.exec(QUEUE_SCHEMA)
  const { authority, server } = deployment
  for (const tenant of ['acme', 'other'])
    await authority.createTenant(tenant, { isolation }, signal)
  const consoles: Console[] = []
  const devices: SimulatedDevice[] = []
  let revived: ChildProcess | undefined
  const open = (kind: ConsoleKind = 'own', timing: QueueTiming = {}) => {
    const opened = openConsole(deployment, kind, timing)
    consoles.push(opened)
    return opened
  }
  const closeConsoles = async () => {
    for (const each of consoles.splice(0)) await each.close()
  }
  const console = open()
  return {
    deployment,
    console,
    open,
    device: async (tenant, deviceId, setup = {}) => {
      const { publicKey, seed } = createNkey('user')
      const root = dialectOf('device-connect').subjectRoot
      const issued = await authority.issueUser({
        account: { tenant },
        role: 'device',
        name: deviceId,
        deviceId,
        publicKey,
        ttlMs: DAY_MS,
        delivery: 'commissioning',
        // As devices in the field were issued them.
        ...(setup.mayFetch === false
          ? {
              permissions: () => ({
                pub: { allow: [`${root}.${tenant}.>`, '_INBOX.>'] },
                sub: { allow: [`${root}.${tenant}.>`, '_INBOX.>'] },
              }),
            }
          : {}),
      })
      const calls: JsonObject[] = []
      const record: DeviceFunction = {
        name: 'record',
        description: '',
        parameters: { type: 'object' },
        run: (params) => {
          calls.push(params)
          return { calls: calls.length }
        },
      }
      return {
        calls,
        start: (more = {}) => {
          const device = startDevice({
            description: {
              deviceId,
              identity: { device_type: 'pump' },
              description: 'A pump',
              functions: [record, ...(more.functions ?? setup.functions ?? [])],
              events: [],
              status: {},
            },
            credentials: {
              device_id: deviceId,
              auth_type: 'jwt',
              tenant,
              nats: { urls: [server.url], jwt: issued.jwt },
            },
            seed,
            commandQueue: { retryDelayMs: 50, progressEveryMs: ACK_WAIT_MS / 4, ...setup.queue },
          })
          devices.push(device)
          return device
        },
      }
    },
    enqueue: (deviceId, order = {}) => {
      const { console: by = console, ...rest } = order
      return by.queue.enqueue(
        {
          tenant: 'acme',
          deviceId,
          id: randomUUID(),
          functionName: 'record',
          params: {},
          expiresInMs: 30 * MINUTE_MS,
          ...rest,
        },
        signal,
      )
    },
    whenState: (id, deviceId, ...states) =>
      whenShown(console, deviceId, ({ commands }) =>
        commands.find((each) => each.id === id && states.includes(each.state)),
      ),
    killServer: async () => {
      process.kill(server.pid, 'SIGKILL')
      await until(() => !alive(server.pid))
    },
    reviveServer: async () => {
      const args = ['-c', server.configPath, '-a', '127.0.0.1', '-p', String(server.port)]
      revived = spawn('nats-server', args, { cwd: server.folder, stdio: 'ignore' })
      await once(revived, 'spawn')
    },
    closeConsoles,
    close: async () => {
      for (const device of devices) await device.crash()
      await closeConsoles()
      revived?.kill('SIGTERM')
      await deployment.close()
    },
  }
}

/** What `find` finds in the queue of a device as soon as it is shown; fails with what was shown last. */
export function whenShown<T>(
  { queue }: Console,
  deviceId: string,
  find: (update: QueueUpdate) => T | undefined,
  tenant = 'acme',
): Promise<T> {
  return new Promise((resolve, reject) => {
    let shown: QueueUpdate | undefined
    const deadline = setTimeout(() => {
      stop()
      reject(new Error(`Shown instead within ${SHOWN_WITHIN_MS} ms: ${JSON.stringify(shown)}`))
    }, SHOWN_WITHIN_MS)
    const stop = queue.watch({ tenant, deviceId })((update) => {
      shown = update
      const found = find(update)
      if (found === undefined) return
      clearTimeout(deadline)
      queueMicrotask(() => stop())
      resolve(found)
    })
  })
}

function openConsole(deployment: Deployment, kind: ConsoleKind, timing: QueueTiming): Console {
  const { authority, database, publisher, server } = deployment
  const log = silentLogger()
  let skippedMs = 0
  const notices: string[] = []
  const consoles = new TenantPool(log, {
    serves: () => true,
    targetOf: (tenant) => {
      const user = { account: { tenant }, role: 'console', name: 'console' } as const
      return { name: 'console', servers: [server.url], credentials: ownUserSource(authority, user) }
    },
  })
  const composed = composeQueue({
    database: kind === 'own' ? database : emptyQueues(),
    authority,
    mesh: {
      placeOf: (name) => ({ name, servers: [server.url] }),
      ours: () => kind !== 'login-only',
      tenantConnections: consoles,
      dialect: () => dialectOf('device-connect'),
      onSwitch: () => () => undefined,
      connections: () => [],
    },
    tenants: tenancyOn({ authority, database, publisher }).service,
    fleet: { onForgotten: () => () => undefined },
    notify: ({ text }) => void notices.push(text),
    log,
    timing: { ackWaitMs: ACK_WAIT_MS, answerGraceMs: 0, ...timing },
    now: () => new Date(Date.now() + skippedMs),
  })
  return {
    queue: composed.queue,
    notices,
    skip: (ms) => void (skippedMs += ms),
    close: async () => {
      await composed.close()
      await consoles.close()
    },
  }
}

/** The tables of queued commands, with nothing in them. */
function emptyQueues(): DatabaseSync {
  const database = new DatabaseSync(':memory:')
  database.exec(QUEUE_SCHEMA)
  return database
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
