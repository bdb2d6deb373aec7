import type { EtcdReport, RegistryStore } from '#shared/contract/registry-store.ts'
import type { RegistryStoreCalls } from '../../../src/main/router/registry-store.ts'
import type { Scenario } from './state.ts'

const GIB = 1024 ** 3
const ENDPOINTS = ['https://etcd-1.plant-7.example:2379', 'https://etcd-2.plant-7.example:2379']

const UNTRUSTED = {
  code: 'ETCD_TLS_UNTRUSTED',
  kind: 'rejected',
  message:
    'The certificate of etcd-2.plant-7.example:2379 is from an authority that is not trusted here.',
  advice:
    'Give the certificate authority of this etcd as a PEM file (its --trusted-ca-file, or whatever signed its --cert-file).',
  details: {},
} as const

const FULL = {
  code: 'ETCD_NO_SPACE',
  kind: 'transient',
  message: 'etcd has used up its quota and takes no writes. New devices are kept in memory.',
  advice:
    'Muster compacts and defragments etcd by itself where its user may. Otherwise run etcdctl compact, defrag and alarm disarm, or raise --quota-backend-bytes.',
  details: {},
} as const

const EMBEDDED: RegistryStore = {
  kind: 'embedded',
  etcd: null,
  runs: true,
  condition: null,
  problem: null,
}

const ON_ETCD: RegistryStore = {
  kind: 'etcd',
  etcd: {
    endpoints: ENDPOINTS,
    hasCa: true,
    hasClientCertificate: true,
    user: 'muster',
    hasPassword: true,
  },
  runs: true,
  condition: {
    reachable: true,
    registries: 3,
    databaseBytes: 0.31 * GIB,
    quotaBytes: 2 * GIB,
    membersAway: 0,
    outOfSpace: false,
    backlog: 0,
  },
  problem: null,
}

/** A registry on etcd that is well, or whose quota is used up; a new profile has the embedded store. */
export function fakeRegistryStore(scenario: Scenario): RegistryStoreCalls {
  let store = storeOf(scenario)
  return {
    get: () => store,
    test: async (): Promise<EtcdReport> => {
      const member = {
        version: '3.5.21',
        databaseBytes: 0.31 * GIB,
        quotaBytes: 2 * GIB,
        outOfSpace: false,
        problem: null,
      }
      const bad = { ...member, version: null, databaseBytes: null, quotaBytes: null }
      return {
        members: ENDPOINTS.map((endpoint, index) => ({
          endpoint,
          ...(scenario === 'failing' && index === 1 ? { ...bad, problem: UNTRUSTED } : member),
        })),
        devices: 214,
        more: false,
        problem: null,
      }
    },
    use: async (order) => {
      store = order.kind === 'embedded' ? EMBEDDED : ON_ETCD
      return store
    },
  }
}

function storeOf(scenario: Scenario): RegistryStore {
  if (scenario === 'full') return ON_ETCD
  if (scenario !== 'failing') return EMBEDDED
  const condition = ON_ETCD.condition && {
    ...ON_ETCD.condition,
    databaseBytes: 2 * GIB,
    membersAway: 1,
    outOfSpace: true,
    backlog: 37,
  }
  return { ...ON_ETCD, condition, problem: FULL }
}
