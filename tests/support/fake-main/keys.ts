import type {
  KeyHolder,
  KeyImpact,
  SigningKey,
  UnfinishedProcedure,
} from '#shared/contract/keys.ts'
import type { PermissionTemplate } from '#shared/protocol/permission-template.ts'
import { DEFAULT_TEMPLATES, ROLE_NAMES, isCustomRole, type Role } from '#shared/protocol/roles.ts'
import type { KeysCalls } from '../../../src/main/router/keys.ts'
import { ago } from './devices.ts'
import { asError, PROBLEMS } from './problems.ts'
import type { Scenario } from './state.ts'

const DAY_MS = 86_400_000
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Looks like a public key, and is always the same one. */
function keyLike(letter: 'O' | 'A', seed: string): string {
  let state = Buffer.from(seed).reduce((sum, byte) => Math.imul(sum, 31) + byte, 7) >>> 0
  const letters = Array.from({ length: 55 }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return ALPHABET[Math.floor(state / 65_536) % ALPHABET.length]
  })
  return `${letter}${letters.join('')}`
}

const TENANTS = ['acme', 'plant-7', 'north-yard', 'harbour', 'demo-lab', 'beta-site']

/** Keys, roles and what was interrupted, as a scripted main tells of them. */
/** A role that came with a store of nsc. */
const SENSOR: Role = 'custom:sensor'

function comesWith(role: Role): PermissionTemplate {
  if (!isCustomRole(role)) return DEFAULT_TEMPLATES[role]
  return {
    pub: { allow: ['{root}.{tenant}.{{name()}}.>'], deny: [] },
    sub: { allow: ['{root}.{tenant}.{{name()}}.cmd'], deny: [] },
    answers: null,
    inbox: 'shared',
  }
}

export function fakeKeys(scenario: Scenario): KeysCalls {
  const failing = scenario === 'failing'
  const there = scenario === 'full' || failing
  const holders = there ? holdersOf(failing) : []
  const templates = new Map<Role, PermissionTemplate>()
  const listeners = new Set<() => void>()
  let unfinished = there ? unfinishedOf(failing) : []
  const drop = (id: string) => {
    unfinished = unfinished.filter((one) => one.id !== id)
    for (const listener of listeners) listener()
    return Promise.resolve()
  }
  const refuse = () => Promise.reject(asError(PROBLEMS.unreachable))
  const done = () => (failing ? refuse() : Promise.resolve())
  return {
    overview: () => Promise.resolve({ holders }),
    subscribe: (listener) => {
      const tell = () => listener({ type: 'snapshot', unfinished })
      listeners.add(tell)
      tell()
      return () => void listeners.delete(tell)
    },
    resume: (id) => (failing ? refuse() : drop(id)),
    rollBack: (id) => (failing ? refuse() : drop(id)),
    keyImpact: () => Promise.resolve(impactOf(failing)),
    rotate: done,
    rotateOperator: done,
    addRole: done,
    remove: done,
    roles: () => ({
      root: 'device-connect',
      hasOperator: there,
      roles: [...ROLE_NAMES, ...(there ? [SENSOR] : [])].map((role) => ({
        role,
        template: plain(templates.get(role) ?? comesWith(role)),
        comesWith: plain(comesWith(role)),
        editedAt: templates.has(role)
          ? ago(0)
          : role === 'viewer' && there
            ? ago(3 * DAY_MS)
            : null,
        keys: holders.flatMap(({ publicKey: account, name: accountName, signingKeys }) =>
          signingKeys
            .filter((key) => key.role === role)
            .map(({ publicKey, tenant }) => ({ publicKey, account, accountName, tenant })),
        ),
      })),
    }),
    roleImpact: () => Promise.resolve(impactOf(failing)),
    setRole: (role, template) => {
      if (failing) return refuse()
      if (template === null) templates.delete(role)
      else templates.set(role, template)
      return Promise.resolve()
    },
  }
}

function holdersOf(failing: boolean): KeyHolder[] {
  const holder = (
    kind: KeyHolder['kind'],
    name: string,
    more: Partial<KeyHolder> = {},
  ): KeyHolder => ({
    publicKey: keyLike(kind === 'operator' ? 'O' : 'A', `${kind}${name}`),
    kind,
    name,
    tenants: kind === 'tenant' ? [name] : [],
    identity: 'here',
    signingKeys: [signingKey(name, 210)],
    ...more,
  })
  return [
    holder('operator', 'muster', { identity: failing ? 'missing' : 'offline' }),
    holder('system', 'SYS'),
    holder('registry', 'REGISTRY', {
      signingKeys: [signingKey('REGISTRY', 210), signingKey('reg', 12, 'registry')],
    }),
    holder('shared', 'DEVICES', { tenants: ['guests', 'contractors'] }),
    ...TENANTS.map((name, index) =>
      holder('tenant', name, {
        signingKeys: [
          ...(index === 1 ? [signingKey(`${name}new`, 0, null, null, 3)] : []),
          {
            ...signingKey(name, 210 - index * 23, null, null, 40 + index * 17),
            inUse: index !== 1,
          },
          ...(index < 3 ? [signingKey(`${name}d`, 30, 'device', name, 12 + index)] : []),
          ...(index < 2 ? [signingKey(`${name}o`, 30, 'device-own', name, 4)] : []),
          ...(index === 0 ? [signingKey(`${name}v`, 9, 'viewer', name, 1)] : []),
        ],
        ...(failing && index === 2
          ? {
              identity: 'missing' as const,
              signingKeys: [{ ...signingKey(name, 90), held: false, inUse: false }],
            }
          : {}),
      }),
    ),
  ]
}

function signingKey(
  seed: string,
  days: number,
  role: Role | null = null,
  tenant: string | null = null,
  credentials = 0,
): SigningKey {
  return {
    publicKey: keyLike('A', `signing ${seed}`),
    role,
    tenant,
    createdAt: ago(days * DAY_MS),
    held: true,
    inUse: true,
    credentials,
  }
}

function unfinishedOf(failing: boolean): UnfinishedProcedure[] {
  const steps = (done: number) =>
    [
      'Make the new key',
      'Push the new key',
      'Take the old key off the account',
      'Delete the old key from the keychain',
    ].map((name, index) => ({
      name,
      state:
        index < done
          ? ('done' as const)
          : index === done && failing
            ? ('begun' as const)
            : ('waiting' as const),
    }))
  return [
    {
      id: 'rotation-1',
      title: 'Rotate the signing key of plant-7',
      running: false,
      direction: 'forward',
      beganAt: ago(2 * 3_600_000),
      changedAt: ago(3_600_000),
      steps: steps(failing ? 1 : 2),
      waitsFor: failing
        ? null
        : '57 credentials that the old key signed have not been replaced. Deliver them again first; going on cuts their users off.',
      problem: failing ? PROBLEMS.unreachable : null,
      canResume: true,
      canRollBack: true,
    },
  ]
}

function impactOf(failing: boolean): KeyImpact {
  const redeliveries = ['arm-01', 'arm-02', 'camera-north', 'press-3'].map((name) => ({
    id: name,
    name,
    tenant: 'acme',
    deviceId: name,
    role: 'device',
    expiresAt: ago(-40 * DAY_MS),
  }))
  return {
    credentials: 57,
    redeliveries,
    redeliveryCount: 57,
    connected: failing
      ? null
      : redeliveries.slice(0, 3).map(({ name }, index) => ({
          name,
          tenant: 'acme',
          address: `192.168.7.${20 + index}:50${index}12`,
        })),
  }
}

function plain({ pub, sub, answers, inbox }: PermissionTemplate) {
  const rules = (list: PermissionTemplate['pub']) => ({
    allow: [...list.allow],
    deny: [...list.deny],
  })
  return { pub: rules(pub), sub: rules(sub), answers, inbox }
}
