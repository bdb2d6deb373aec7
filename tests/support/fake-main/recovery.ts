import type { RecoveryState } from '#shared/contract/recovery.ts'
import type { RecoveryCalls } from '../../../src/main/router/recovery.ts'
import { ago } from './devices.ts'
import { asError, PROBLEMS } from './problems.ts'
import type { Scenario } from './state.ts'

const DAY_MS = 86_400_000
const OPERATOR = `O${'CX4KQ2M7TRAP5ZW'.repeat(4)}`.slice(0, 56)

/** Recovery kits as a scripted main tells of them. */
export function fakeRecovery(scenario: Scenario): RecoveryCalls {
  const failing = scenario === 'failing'
  let state = stateOf(scenario)
  const changed = (change: Partial<RecoveryState>) => {
    state = { ...state, ...change }
    return Promise.resolve(state)
  }
  const place = (where: 'here' | 'offline' | 'lent') =>
    state.identities.map((key) => ({ ...key, place: where }))
  const wrong = () => Promise.reject(asError(PROBLEMS.unreachable))
  return {
    state: () => (failing ? wrong() : Promise.resolve(state)),
    createKit: () =>
      Promise.resolve({ type: 'saved', path: '/media/kim/SAFE/muster.muster-kit.age' }),
    rehearse: () =>
      Promise.resolve({
        at: ago(0),
        createdAt: ago(2 * DAY_MS),
        keys: state.identities.map(({ publicKey, holder }) => ({
          publicKey,
          holder,
          purpose: 'identity' as const,
          outcome: 'signs' as const,
        })),
        missing: [],
      }),
    moveOffline: () => changed({ identities: place('offline') }),
    lend: (_kit, minutes) =>
      changed({
        identities: place('lent'),
        lentUntil: new Date(Date.now() + minutes * 60_000).toISOString(),
      }),
    endLending: () => changed({ identities: place('offline'), lentUntil: null }),
    bringBack: () => changed({ identities: place('here') }),
    backUp: () => Promise.resolve({ type: 'saved', path: '/media/kim/SAFE/muster-backup.db.gz' }),
    uploadBackup: () => Promise.resolve(),
    restore: () =>
      failing
        ? wrong()
        : Promise.resolve({
            operator: 'muster',
            tenants: 3,
            credentials: 41,
            missing: [
              { publicKey: '', holder: 'research', purpose: 'identity' },
              { publicKey: '', holder: 'north-farm', purpose: 'signing' },
            ],
            remade: [
              { holder: 'north-farm', role: null, tenant: null },
              { holder: 'north-farm', role: 'device-own', tenant: 'north-farm' },
              { holder: 'default', role: 'viewer', tenant: 'south-farm' },
            ],
            problem: null,
          }),
  }
}

function stateOf(scenario: Scenario): RecoveryState {
  const isFull = scenario === 'full'
  const names = isFull ? ['default', 'north-farm', 'research', 'south-farm'] : ['default']
  const account = (kind: 'system' | 'registry' | 'tenant', holder: string, index: number) => ({
    publicKey: `A${String.fromCharCode(66 + index)}${'X4KQ2M7TRAP5ZWC'.repeat(4)}`.slice(0, 56),
    kind,
    holder,
    place: scenario === 'locked' ? ('offline' as const) : ('here' as const),
    covered: isFull && holder !== 'south-farm',
  })
  const kit = {
    createdAt: ago(9 * DAY_MS),
    sealedTo: 'passphrase' as const,
    keys: 6,
    missing: 1,
  }
  return {
    operator: scenario === 'first-run' ? null : { name: 'muster', publicKey: OPERATOR },
    orphan: null,
    identities: [
      {
        publicKey: OPERATOR,
        kind: 'operator',
        holder: 'muster',
        place: scenario === 'locked' ? 'offline' : 'here',
        covered: isFull,
      },
      account('system', 'SYS', 0),
      account('registry', 'REGISTRY', 1),
      ...names.map((name, index) => account('tenant', name, index + 2)),
    ],
    kits: isFull
      ? [
          { ...kit, id: 'b', form: 'page', rehearsedAt: null },
          { ...kit, id: 'a', form: 'file', rehearsedAt: ago(8 * DAY_MS) },
        ]
      : [],
    advice: isFull ? 'renew' : scenario === 'locked' ? 'bring-back' : 'make',
    lentUntil: null,
    lastBackupAt: isFull ? ago(3 * DAY_MS) : null,
  }
}
