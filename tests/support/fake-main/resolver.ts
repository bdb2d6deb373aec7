import type {
  AccountDifference,
  AccountVersion,
  ManagedMesh,
  ResolverAccount,
  ResolverReport,
} from '#shared/contract/resolver.ts'
import { RejectedError, TransientError } from '#shared/errors.ts'
import type { ResolverCalls } from '../../../src/main/router/resolver.ts'
import { ago } from './devices.ts'
import type { Scenario } from './state.ts'

const key = (letter: string) => `A${letter.repeat(55)}`

const SERVERS = [
  { id: 'NA', name: 'nats-1', version: '2.9.10', host: '10.7.0.11', cluster: 'plant-7' },
  { id: 'NB', name: 'nats-2', version: '2.12.15', host: '10.7.0.12', cluster: 'plant-7' },
  { id: 'NC', name: 'nats-3', version: '2.12.15', host: '10.7.0.13', cluster: 'plant-7' },
]

const LIMIT: AccountDifference = {
  area: 'limits',
  change: 'changed',
  subject: 'connections',
  key: null,
  before: 'no limit',
  after: '250',
}
const REVOKED: AccountDifference = {
  area: 'revocations',
  change: 'added',
  subject: 'pump-17',
  key: `U${'Q'.repeat(55)}`,
  before: null,
  after: ago(3 * 3_600_000),
}
const IMPORT: AccountDifference = {
  area: 'imports',
  change: 'added',
  subject: 'stream device-connect.assembly.*.heartbeat',
  key: null,
  before: null,
  after: '{}',
}

/** Servers that are in step, or not, by the scenario. */
export function fakeResolver(scenario: Scenario): ResolverCalls {
  const repaired = new Set<string>()
  let versions = historyOf()
  const managed: ManagedMesh[] = []
  const look = async (): Promise<ResolverReport> => {
    if (scenario === 'loading') return new Promise(() => undefined)
    if (scenario === 'failing') throw unreachable()
    return reportOf(scenario === 'full' ? repaired : undefined)
  }
  return {
    look,
    repair: (account) => {
      repaired.add(account)
      return look()
    },
    versions: () => versions,
    diff: (_account, _from, to) => (to % 2 === 0 ? [LIMIT] : [REVOKED, IMPORT]),
    planRollback: (_account, version) => ({
      version,
      differences: [{ ...LIMIT, before: '250', after: 'no limit' }],
      kept: [{ ...REVOKED, change: 'removed', before: REVOKED.after, after: null }],
    }),
    rollBack: async (_account, version) => {
      const [first] = versions
      const id = (first?.id ?? 0) + 1
      versions = [
        { id, at: ago(0), current: true, bytes: 1_420, summary: `Back to version ${version}` },
        ...versions.map((one) => ({ ...one, current: false })),
      ]
      return versions
    },
    managed: () => managed,
    addManaged: async (order) => {
      const added: ManagedMesh = {
        id: `managed-${managed.length + 1}`,
        name: order.name,
        urls: order.urls,
        tenant: order.tenant,
        resolver: order.resolver,
        configPath: order.configPath,
        accountsUrl:
          order.accounts === null
            ? null
            : `http://${order.accounts.host}:${order.accounts.port}/jwt/v1/accounts/`,
        registry: order.registry,
        active: false,
      }
      managed.push(added)
      return added
    },
    configuration: async () => 'operator: (JWT)\nsystem_account: AAAA\nresolver: MEMORY\n',
    writeConfiguration: async () => {
      throw new RejectedError({
        code: 'SERVER_CONFIG_TAKEN',
        message:
          'The configuration file has a line “resolver” of its own, outside of the part that Muster writes.',
        advice: 'Take “resolver” out of the file, then try again. Nothing was written.',
      })
    },
  }
}

/** @param repaired accounts that were put right; undefined where nothing ever differed */
function reportOf(repaired: ReadonlySet<string> | undefined): ResolverReport {
  const names = ['default', 'assembly', 'paint', 'packing', 'cold-store', 'yard']
  const odd: ResolverAccount[] =
    repaired === undefined
      ? []
      : ODD.filter(({ publicKey }) => !repaired.has(publicKey) || publicKey !== key('X'))
  const accounts = odd.map((account) =>
    repaired?.has(account.publicKey) === true ? inStep(account.publicKey, account.name) : account,
  )
  const all = [
    ...accounts.filter(({ standing }) => standing !== 'in-step'),
    ...accounts.filter(({ standing }) => standing === 'in-step'),
    ...['SYS', 'REGISTRY', ...names].map((name, index) =>
      inStep(key('ABCDEFGHIJ'[index] ?? 'K'), name),
    ),
  ]
  const count = (id: string, wanted: readonly string[]) =>
    all.filter(({ servers }) =>
      servers.some(({ serverId, standing }) => serverId === id && wanted.includes(standing)),
    ).length
  return {
    mesh: 'Plant 7',
    kind: 'full',
    lookedAt: ago(2_000),
    servers: SERVERS.map((server) => ({
      ...server,
      inStep: count(server.id, ['in-step']),
      missing: count(server.id, ['missing']),
      different: count(server.id, ['older', 'elsewhere', 'unknown']),
      foreign: count(server.id, ['foreign']),
    })),
    accounts: all,
  }
}

function inStep(publicKey: string, name: string): ResolverAccount {
  return account(publicKey, name, 'in-step', ['in-step', 'in-step', 'in-step'])
}

function account(
  publicKey: string,
  name: string,
  standing: ResolverAccount['standing'],
  servers: readonly ResolverAccount['standing'][],
  more: Partial<ResolverAccount> = {},
): ResolverAccount {
  return {
    publicKey,
    name,
    standing,
    servers: servers.map((one, index) => ({ serverId: SERVERS[index]?.id ?? '', standing: one })),
    differences: [],
    serverSignedAt: null,
    foreignIssuer: null,
    repairs: [],
    ...more,
  }
}

const ODD: readonly ResolverAccount[] = [
  account(key('X'), 'intruder', 'foreign', ['foreign', 'foreign', 'foreign'], {
    foreignIssuer: `O${'Z'.repeat(55)}`,
    repairs: ['delete'],
  }),
  account(key('L'), 'welding', 'elsewhere', ['elsewhere', 'elsewhere', 'elsewhere'], {
    differences: [LIMIT, REVOKED],
    serverSignedAt: ago(25 * 60_000),
    repairs: ['push', 'adopt'],
  }),
  account(key('M'), 'logistics', 'missing', ['in-step', 'in-step', 'missing'], {
    repairs: ['push'],
  }),
  account(key('N'), 'lab', 'older', ['in-step', 'older', 'in-step'], {
    differences: [{ ...LIMIT, before: '250', after: '100' }],
    serverSignedAt: ago(4 * 86_400_000),
    repairs: ['push'],
  }),
]

function historyOf(): AccountVersion[] {
  const summaries = [
    '1 revocation added, 1 import added',
    'connections changed',
    '3 revocations added',
    '1 signing key added, 1 signing key removed',
    'First version that is kept',
  ]
  return summaries.map((summary, index) => ({
    id: summaries.length - index,
    at: ago((index * 31 + 2) * 3_600_000),
    current: index === 0,
    bytes: 1_380 - index * 60,
    summary,
  }))
}

function unreachable(): TransientError {
  return new TransientError({
    code: 'MESH_NOT_CONNECTED',
    message: 'Muster is not connected to a mesh now.',
    advice: 'Wait until the mesh is connected, or look at Health for what hinders it.',
  })
}
