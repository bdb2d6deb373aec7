import { fitsFilter, parseSelector } from '#shared/protocol/selectors.ts'
import { setTimeout as delay } from 'node:timers/promises'
import { implement } from '@orpc/server'
import { contract } from '#shared/contract/index.ts'
import type { RpcOutcome } from '#shared/contract/rpc.ts'
import { isolationRouter } from '../../../src/main/router/isolation.ts'
import { auditRouter } from '../../../src/main/router/audit.ts'
import { bundlesRouter } from '../../../src/main/router/bundles.ts'
import { enrollmentRouter } from '../../../src/main/router/enrollment.ts'
import { doctorRouter } from '../../../src/main/router/doctor.ts'
import { credentialsRouter } from '../../../src/main/router/credentials.ts'
import { toContractError } from '../../../src/main/router/errors.ts'
import { keysRouter } from '../../../src/main/router/keys.ts'
import { nscRouter } from '../../../src/main/router/nsc.ts'
import { pathsRouter } from '../../../src/main/router/paths.ts'
import { registryStoreRouter } from '../../../src/main/router/registry-store.ts'
import { resolverRouter } from '../../../src/main/router/resolver.ts'
import { recoveryRouter } from '../../../src/main/router/recovery.ts'
import { queueRouter } from '../../../src/main/router/queue.ts'
import { renewalRouter } from '../../../src/main/router/renewal.ts'
import { tenantsRouter, type TenantCalls } from '../../../src/main/router/tenants.ts'
import { fakeBundles } from './bundles.ts'
import { fakeEnrollment } from './enrollment.ts'
import { fakeRegistryStore } from './registry-store.ts'
import { fakePaths } from './paths.ts'
import { ago, recordOf, waitingDevices } from './devices.ts'
import { asError, PROBLEMS } from './problems.ts'
import { meshOf, type FakeState } from './state.ts'

/** The passphrase that opens the vault of the `locked` scenario. */
export const FAKE_PASSPHRASE = 'correct horse'

const never = (): Promise<never> => new Promise(() => undefined)

/** The contract over a scripted state; in the scenario `loading` nothing ever answers. */
export function fakeRouter(state: FakeState, tenants: TenantCalls) {
  const failing = state.scenario === 'failing'
  const os = implement(contract).use(async ({ next, path }) => {
    // Enough to be past the starting page, then silence.
    const answers = ['app', 'keychain', 'mesh', 'settings']
    if (state.scenario === 'loading' && !answers.includes(path[0] ?? '')) return never()
    // What is real in here throws what main throws.
    try {
      return await next()
    } catch (thrown) {
      throw toContractError(thrown, () => undefined)
    }
  })
  const deviceOf = (input: { tenant: string; deviceId: string }) =>
    state.fleet.find(
      ({ tenant, deviceId }) => tenant === input.tenant && deviceId === input.deviceId,
    )
  return os.router({
    app: {
      info: os.app.info.handler(() => ({
        version: '0.1.0',
        host: 'browser',
        platform: 'linux',
        profileFolder: '/home/kim/.config/muster',
        logFolder: '/home/kim/.local/state/muster/log',
        demo: state.scenario === 'full',
      })),
    },
    audit: auditRouter(os.audit, state.audit),
    bundles: bundlesRouter(os.bundles, fakeBundles(state.scenario)),
    enrollment: enrollmentRouter(os.enrollment, fakeEnrollment(state.scenario)),
    doctor: doctorRouter(os.doctor, state.doctor),
    isolation: isolationRouter(os.isolation, state.isolation),
    credentials: credentialsRouter(os.credentials, state.credentials),
    keys: keysRouter(os.keys, state.keys),
    nsc: nscRouter(os.nsc, state.transfer.nsc, state.transfer.contexts),
    paths: pathsRouter(os.paths, fakePaths(state.scenario)),
    commissioning: {
      inspect: os.commissioning.inspect.handler(async ({ input }) => {
        await delay(250)
        const device = state.waiting.get(input.key)
        if (device === undefined || (failing && !input.key.startsWith('odd:'))) {
          throw asError(PROBLEMS.unreachable)
        }
        const seedWouldTravel = failing || input.key === 'mdns:004'
        return {
          key: device.key,
          deviceId: device.deviceId,
          deviceType: device.deviceType,
          capabilities: ['read_moisture', 'set_flow', 'calibrate', 'identify'],
          state: device.state,
          address: `${device.addresses[0] ?? ''}:5540`,
          publicKey: seedWouldTravel ? null : `U${'BX4KQ2M7TRAP9ZW'.repeat(4)}`.slice(0, 56),
          fingerprint: seedWouldTravel ? null : 'UBX4-KQ2M-7TRA-P9ZW',
          seedWouldTravel,
        }
      }),
      start: os.commissioning.start.handler(({ input }) => {
        const device = state.waiting.get(input.key)
        if (device === undefined) throw asError(PROBLEMS.unreachable)
        return state.commissioning.start(input, device)
      }),
      cancel: os.commissioning.cancel.handler(({ input }) => state.commissioning.cancel(input.id)),
      watch: os.commissioning.watch.handler(({ signal }) =>
        state.commissioning.updates.stream(signal),
      ),
    },
    discovery: {
      watch: os.discovery.watch.handler(({ signal }) => state.discoveryTopic.stream(signal)),
      refresh: os.discovery.refresh.handler(async () => {
        await delay(200)
        return null
      }),
      addAddress: os.discovery.addAddress.handler(({ input }) => {
        const [base] = waitingDevices(1)
        if (failing || base === undefined) throw asError(PROBLEMS.unreachable)
        const device = {
          ...base,
          key: `address:${input.address}`,
          deviceId: 'added-by-hand-1',
          addresses: [input.address],
          source: 'address' as const,
          interfaces: [],
        }
        state.waiting.set(device.key, device)
        state.discoveryTopic.emit({
          type: 'changed',
          upserted: [device],
          removedKeys: [],
          health: state.discoveryHealth(),
        })
        return device
      }),
      removeAddress: os.discovery.removeAddress.handler(({ input }) => {
        state.waiting.delete(input.key)
        state.discoveryTopic.emit({
          type: 'changed',
          upserted: [],
          removedKeys: [input.key],
          health: state.discoveryHealth(),
        })
        return null
      }),
    },
    events: { watch: os.events.watch.handler(({ signal }) => state.eventsTopic.stream(signal)) },
    fleet: {
      watch: os.fleet.watch.handler(({ signal }) => state.fleetTopic.stream(signal)),
      record: os.fleet.record.handler(({ input }) => {
        if (failing) throw asError(PROBLEMS.registryDown)
        const device = deviceOf(input)
        return device === undefined || device.state === 'pending' ? null : recordOf(device)
      }),
      select: os.fleet.select.handler(({ input }) => {
        if (failing) throw asError(PROBLEMS.registryDown)
        const { device } = parseSelector(input.selector)
        const devices = state.fleet.filter(
          ({ deviceId, deviceType, location, state: is, tenant }) =>
            is === 'online' &&
            (input.tenant === null || tenant === input.tenant) &&
            fitsFilter(
              device,
              deviceId,
              (key) =>
                (key === 'type' ? deviceType : key === 'location' ? location : null) ?? undefined,
            ),
        )
        return {
          devices: devices.map(({ tenant, deviceId }) => ({ tenant, deviceId })),
          truncated: false,
        }
      }),
      credentials: os.fleet.credentials.handler(({ input }) => {
        if (failing) throw asError(PROBLEMS.registryDown)
        const pending = deviceOf(input)?.state === 'pending'
        const base = {
          publicKey: `U${'BX4KQ2M7TRAP9ZW'.repeat(4)}`.slice(0, 56),
          role: 'device' as const,
          issuedAt: ago(30 * 86_400_000),
          expiresAt: ago(-60 * 86_400_000),
        }
        return [
          {
            ...base,
            id: '1',
            fingerprint: 'UQ7M-22KD-PLRX-9AAC',
            state: 'revoked',
            pendingUntil: null,
          },
          {
            ...base,
            id: '2',
            fingerprint: 'UBX4-KQ2M-7TRA-P9ZW',
            state: pending ? 'pending' : 'active',
            pendingUntil: pending ? ago(-1_500_000) : null,
          },
        ]
      }),
      forget: os.fleet.forget.handler(({ input }) => {
        const device = deviceOf(input)
        if (device !== undefined) state.fleet.splice(state.fleet.indexOf(device), 1)
        state.fleetTopic.emit({
          type: 'changed',
          upserted: [],
          removed: [input],
          beats: [],
          stale: false,
        })
        return null
      }),
    },
    health: { watch: os.health.watch.handler(({ signal }) => state.healthTopic.stream(signal)) },
    keychain: {
      watch: os.keychain.watch.handler(({ signal }) => state.keychainTopic.stream(signal)),
      unlock: os.keychain.unlock.handler(async ({ input }) => {
        await delay(400)
        if (input.passphrase !== FAKE_PASSPHRASE) throw asError(PROBLEMS.wrongPassphrase)
        return openVault(state)
      }),
      createVault: os.keychain.createVault.handler(async () => {
        await delay(400)
        return openVault(state)
      }),
      changePassphrase: os.keychain.changePassphrase.handler(async ({ input }) => {
        await delay(400)
        if (input.oldPassphrase !== FAKE_PASSPHRASE) throw asError(PROBLEMS.wrongPassphrase)
        return null
      }),
      loss: os.keychain.loss.handler(() => ({
        typedName: 'muster',
        operator: 'muster',
        tenants: 4,
        credentials: 212,
        kit:
          state.scenario === 'locked'
            ? { createdAt: ago(9 * 86_400_000), form: 'page', rehearsed: true, complete: true }
            : null,
        vaultPath: '/home/kim/.config/muster/keychain.vault',
      })),
      startOver: os.keychain.startOver.handler(() => openVault(state)),
      retry: os.keychain.retry.handler(() => state.keychain),
    },
    mesh: {
      watch: os.mesh.watch.handler(({ signal }) => state.meshTopic.stream(signal)),
      networkAddresses: os.mesh.networkAddresses.handler(() => [
        { address: '192.168.1.20', family: 'IPv4', interfaceName: 'eth0' },
        { address: '10.0.4.7', family: 'IPv4', interfaceName: 'wlan0' },
      ]),
      createLocal: os.mesh.createLocal.handler(async ({ input }) => {
        await delay(1_200)
        state.mesh = {
          ...meshOf('empty'),
          dialect: input.dialect,
          reach: input.reach.kind,
          deviceUrls: [
            input.reach.kind === 'network'
              ? `tls://${input.reach.address}:4222`
              : 'nats://127.0.0.1:4222',
          ],
        }
        await tenants.create(input.tenant).catch(() => undefined)
        state.meshTopic.refresh()
        return state.mesh
      }),
      setReach: os.mesh.setReach.handler(async ({ input }) => {
        if (failing) throw asError(PROBLEMS.serverMissing)
        await delay(800)
        state.mesh = {
          ...state.mesh,
          reach: input.kind,
          tls: input.kind === 'network' && input.tls,
        }
        state.meshTopic.refresh()
        return state.mesh
      }),
      connections: os.mesh.connections.handler(() => state.connections),
      addRemote: os.mesh.addRemote.handler(({ input }) => {
        const { name, dialect, urls, tenant } = input
        const added = {
          id: `remote-${state.connections.length + 1}`,
          name,
          dialect,
          urls,
          tenant,
          managed: false,
          active: false,
        }
        state.connections = [...state.connections, added]
        return added
      }),
      removeRemote: os.mesh.removeRemote.handler(({ input }) => {
        state.connections = state.connections.filter(({ id }) => id !== input.id)
        return null
      }),
      use: os.mesh.use.handler(async ({ input }) => {
        if (failing) throw asError(PROBLEMS.serverMissing)
        await delay(500)
        const chosen = state.connections.find(({ id }) => id === input.id)
        state.connections = state.connections.map((each) => ({
          ...each,
          active: each.id === input.id,
        }))
        state.mesh =
          chosen === undefined
            ? meshOf('empty')
            : {
                ...meshOf('empty'),
                kind: 'remote',
                reach: 'remote',
                name: chosen.name,
                deviceUrls: chosen.urls,
                canIssue: false,
              }
        state.meshTopic.refresh()
        return state.mesh
      }),
    },
    queue: queueRouter(os.queue, state.queue),
    recovery: recoveryRouter(os.recovery, state.recovery),
    registryStore: registryStoreRouter(os.registryStore, fakeRegistryStore(state.scenario)),
    resolver: resolverRouter(os.resolver, state.resolver),
    renewal: renewalRouter(os.renewal, state.renewal),
    rpc: {
      call: os.rpc.call.handler(async ({ input, signal }): Promise<RpcOutcome> => {
        const isAway = state.fleet.some(
          (each) =>
            each.tenant === input.tenant &&
            each.deviceId === input.deviceId &&
            each.state === 'offline',
        )
        if (failing || isAway) return { type: 'no-responder', durationMs: 0.7 }
        await delay(350, undefined, signal === undefined ? {} : { signal })
        if (input.functionName === 'fail_please')
          return {
            type: 'error',
            code: -32_001,
            message: 'Pump is dry',
            data: { flow: 0, sensor: 'F2' },
            durationMs: 352.4,
          }
        return {
          type: 'result',
          result: {
            accepted: true,
            flow: 12.5,
            valves: ['v1', 'v2'],
            note: null,
            echo: input.params,
          },
          durationMs: 351.2,
        }
      }),
    },
    settings: {
      get: os.settings.get.handler(() => state.settings),
      update: os.settings.update.handler(({ input }) => {
        const change = Object.fromEntries(
          Object.entries(input).filter(([, value]) => value !== undefined),
        )
        state.settings = { ...state.settings, ...change }
        return state.settings
      }),
    },
    tenants: tenantsRouter(os.tenants, tenants),
  })
}

function openVault(state: FakeState) {
  state.keychain = {
    state: 'open',
    backend: 'vault',
    summary: 'Keys are in the vault file.',
    advice: '',
  }
  state.keychainTopic.refresh()
  return state.keychain
}
