import { RejectedError } from '#shared/errors.ts'
import type { FleetUpdate } from '#shared/contract/fleet.ts'
import { DEFAULT_SETTINGS } from '#shared/contract/settings.ts'
import type { Services } from '../../src/main/router/services.ts'

function unscripted(): never {
  throw new Error('This call is not scripted in this suite.')
}

/** Services for suites about transports: a few answer, the rest fail as an unexpected error. */
export function scriptedServices() {
  const listeners = new Set<(update: FleetUpdate) => void>()
  const subscribe =
    <Update>(snapshot: Update) =>
    (listener: (update: Update) => void) => {
      listener(snapshot)
      return () => undefined
    }
  const services: Services = {
    app: {
      info: () => ({
        version: '0.0.0',
        host: 'browser',
        platform: 'linux',
        profileFolder: '/profile',
        logFolder: '/logs',
        demo: true,
      }),
    },
    doctor: {
      diagnose: unscripted,
      ask: unscripted,
      reach: unscripted,
      login: unscripted,
      export: unscripted,
      forget: unscripted,
    },
    audit: {
      subscribe: unscripted,
      list: unscripted,
      verify: unscripted,
      acknowledge: unscripted,
      export: unscripted,
    },
    registryStore: { get: unscripted, test: unscripted, use: unscripted },
    bundles: {
      subscribe: unscripted,
      subscribeDrives: unscripted,
      plan: unscripted,
      hosts: unscripted,
      checkHost: unscripted,
      checkFolder: unscripted,
      create: unscripted,
      cancel: unscripted,
      servers: unscripted,
      newCode: unscripted,
      printReceipt: unscripted,
      saveCopy: unscripted,
      dragFile: unscripted,
      receiptsOfKey: unscripted,
      addPerson: unscripted,
      removePerson: unscripted,
      open: unscripted,
      importConnection: unscripted,
      exportResults: unscripted,
      lookAtResults: unscripted,
      takeResults: unscripted,
      find: unscripted,
      wipe: unscripted,
    },
    enrollment: {
      subscribe: unscripted,
      servers: unscripted,
      create: unscripted,
      revoke: unscripted,
      remove: unscripted,
    },
    credentials: {
      page: unscripted,
      counts: unscripted,
      ids: unscripted,
      details: unscripted,
      connections: unscripted,
      impact: unscripted,
      revoke: unscripted,
      cancel: unscripted,
      retry: unscripted,
      subscribe: unscripted,
      subscribeRevocations: unscripted,
    },
    keys: {
      overview: unscripted,
      subscribe: unscripted,
      resume: unscripted,
      rollBack: unscripted,
      keyImpact: unscripted,
      rotate: unscripted,
      rotateOperator: unscripted,
      addRole: unscripted,
      remove: unscripted,
      roles: unscripted,
      roleImpact: unscripted,
      setRole: unscripted,
    },
    paths: { ways: unscripted, complete: unscripted, choose: unscripted },
    isolation: {
      probes: unscripted,
      subscribe: unscripted,
      start: unscripted,
      cancel: unscripted,
      report: unscripted,
      sign: unscripted,
      remove: unscripted,
      exportReport: unscripted,
      verify: unscripted,
    },
    contexts: { list: unscripted, import: unscripted, export: unscripted },
    nsc: {
      locations: unscripted,
      scan: unscripted,
      import: unscripted,
      cancel: unscripted,
      subscribe: unscripted,
      exportPlan: unscripted,
      export: unscripted,
    },
    keychain: {
      subscribe: unscripted,
      unlock: unscripted,
      createVault: unscripted,
      changePassphrase: unscripted,
      retry: unscripted,
    },
    startOver: { loss: unscripted, startOver: unscripted },
    mesh: {
      subscribe: unscripted,
      networkAddresses: unscripted,
      createLocal: unscripted,
      setReach: unscripted,
      connections: unscripted,
      addRemote: unscripted,
      removeRemote: unscripted,
      use: unscripted,
    },
    tenants: {
      service: {
        subscribe: subscribe({ type: 'snapshot', tenants: [] }),
        retry: unscripted,
        detail: unscripted,
        setLimits: unscripted,
        settings: unscripted,
        templates: unscripted,
        saveTemplate: unscripted,
        removeTemplate: unscripted,
      },
      wiring: {
        wiring: unscripted,
        addExport: unscripted,
        removeExport: unscripted,
        addImport: unscripted,
        removeImport: unscripted,
        setMapping: unscripted,
        removeMapping: unscripted,
      },
      clearing: { preview: unscripted, clear: unscripted },
      batches: {
        check: unscripted,
        start: unscripted,
        subscribe: unscripted,
        cancel: unscripted,
        resume: unscripted,
        discard: unscripted,
        report: unscripted,
      },
      views: { view: unscripted },
      createWith: unscripted,
      create: (name) => {
        throw new RejectedError({
          code: 'TENANT_REFUSED',
          message: `The tenant ${name} was refused.`,
          advice: 'Choose another name.',
          details: { name },
        })
      },
    },
    discovery: {
      subscribe: unscripted,
      refresh: unscripted,
      addAddress: unscripted,
      removeAddress: unscripted,
    },
    commissioning: {
      subscribe: unscripted,
      // Never answers: for deadlines and cancellation.
      inspect: (_key, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
        }),
      start: unscripted,
      cancel: unscripted,
    },
    fleet: {
      subscribe: (listener) => {
        listeners.add(listener)
        listener({ type: 'snapshot', devices: [], stale: false })
        return () => void listeners.delete(listener)
      },
      record: async ({ tenant, deviceId }) => ({
        tenant,
        deviceId,
        description: 'x'.repeat(200_000),
        functions: [],
        events: [],
        identity: {},
        status: {},
        labels: {},
        raw: '{}',
      }),
      select: unscripted,
      credentials: unscripted,
      forget: () => Promise.reject(new Error('secret detail of the inside')),
    },
    resolver: {
      look: unscripted,
      repair: unscripted,
      versions: unscripted,
      diff: unscripted,
      planRollback: unscripted,
      rollBack: unscripted,
      managed: () => [],
      addManaged: unscripted,
      configuration: unscripted,
      writeConfiguration: unscripted,
    },
    recovery: {
      state: unscripted,
      createKit: unscripted,
      rehearse: unscripted,
      moveOffline: unscripted,
      lend: unscripted,
      endLending: unscripted,
      bringBack: unscripted,
      backUp: unscripted,
      uploadBackup: unscripted,
      restore: unscripted,
    },
    queue: {
      availability: unscripted,
      enable: unscripted,
      watch: unscripted,
      enqueue: unscripted,
      cancel: unscripted,
      requeue: unscripted,
      discard: unscripted,
      lag: unscripted,
    },
    renewal: {
      calendar: unscripted,
      list: unscripted,
      plan: unscripted,
      start: unscripted,
      cancel: unscripted,
      items: unscripted,
      report: unscripted,
      subscribe: unscripted,
    },
    rpc: { call: unscripted },
    events: { watch: unscripted },
    health: { subscribe: unscripted },
    settings: {
      get: () => DEFAULT_SETTINGS,
      update: (change) => ({ ...DEFAULT_SETTINGS, ...change }),
    },
  }
  return {
    services,
    emitFleet: (update: FleetUpdate) => listeners.forEach((listener) => listener(update)),
    fleetWatchers: () => listeners.size,
  }
}
