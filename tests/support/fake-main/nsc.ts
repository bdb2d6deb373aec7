import type {
  NatsContext,
  NscFinding,
  NscImport,
  NscOperator,
  NscScan,
} from '#shared/contract/nsc.ts'
import { ConflictError, RejectedError } from '#shared/errors.ts'
import { problemOf } from '#shared/problem-of.ts'
import { setTimeout as delay } from 'node:timers/promises'
import type { ContextCalls, NscCalls } from '../../../src/main/router/nsc.ts'
import type { Scenario } from './state.ts'
import { Topic } from './topic.ts'

const STEP_MS = 500
const STEPS = ['check-store', 'keep-keys', 'make-keys', 'record', 'remove-files']
const FOLDERS = ['/home/kim/.local/share/nats/nsc', '/home/kim/.device-connect/credentials']

/** Stores and contexts as they are played; nothing is read or written. */
export function fakeNsc(scenario: Scenario): { nsc: NscCalls; contexts: ContextCalls } {
  const failing = scenario === 'failing'
  const nothing = scenario === 'empty'
  let current: NscImport | null = null
  const topic = new Topic(() => ({ type: 'snapshot' as const, import: current }))
  const tell = (change: NscImport) => {
    current = change
    topic.refresh()
  }
  const play = async (operatorName: string, removeFiles: boolean) => {
    for (let done = 0; done <= STEPS.length; done += 1) {
      await delay(STEP_MS)
      const steps = STEPS.map((name, index) => ({
        name,
        state:
          index < done
            ? ('done' as const)
            : index === done
              ? ('running' as const)
              : ('waiting' as const),
      }))
      tell({
        operatorName,
        dialect: 'device-connect',
        state: 'running',
        steps,
        problem: null,
        result: null,
      })
    }
    tell({
      operatorName,
      dialect: 'device-connect',
      state: 'done',
      steps: STEPS.map((name) => ({ name, state: 'done' as const })),
      problem: null,
      result: {
        tenants: 3,
        accounts: 4,
        credentials: 214,
        keys: 6,
        removed: removeFiles ? 6 : null,
        kept: [],
      },
    })
  }
  const nsc: NscCalls = {
    locations: async () =>
      nothing
        ? []
        : [
            { id: 'nsc', title: 'nsc', folders: FOLDERS },
            ...(failing
              ? []
              : [
                  {
                    id: 'nsc-older',
                    title: 'nsc, older versions',
                    folders: ['/home/kim/.nsc', '/home/kim/.nkeys'],
                  },
                ]),
          ],
    scan: async () => {
      await delay(300)
      if (nothing) {
        throw new RejectedError({
          code: 'NSC_FOLDER_MISSING',
          message: 'There is no such folder.',
          advice: 'Check the path. It is a path on the computer that runs Muster.',
        })
      }
      return failing ? brokenScan() : soundScan()
    },
    import: ({ removeFiles }) => {
      const begun: NscImport = {
        operatorName: 'acme',
        dialect: 'device-connect',
        state: 'running',
        steps: [],
        problem: null,
        result: null,
      }
      tell(begun)
      void play('acme', removeFiles)
      return begun
    },
    cancel: () => undefined,
    subscribe: topic.subscribe,
    exportPlan: async () => ({
      operatorName: 'muster',
      usualFolder: '/home/kim/.local/share/nats/nsc',
      accounts: nothing ? 2 : 6,
      users: nothing ? 0 : 640,
      signingKeys: nothing ? 3 : 7,
      identityKeys: failing ? 0 : nothing ? 3 : 7,
    }),
    export: async ({ folder, keys }) => {
      await delay(400)
      if (failing) {
        throw new ConflictError({
          code: 'NSC_STORE_OF_OTHER',
          message:
            'In this folder there is a store named muster already, and it is not of this operator. Nothing was written.',
          advice: 'Choose an empty folder.',
        })
      }
      return {
        folder,
        operatorName: 'muster',
        written: 648,
        same: 0,
        different: [],
        keys: keys === 'none' ? 0 : keys === 'signing' ? 7 : 14,
        keysMissing: 0,
        command: `nsc --config-dir ${folder}/config --data-dir ${folder}/stores --keystore-dir ${folder}/keys select operator muster`,
      }
    },
  }
  return { nsc, contexts: fakeContexts(scenario) }
}

function fakeContexts(scenario: Scenario): ContextCalls {
  return {
    list: async () =>
      scenario === 'empty' || scenario === 'first-run' ? [] : contextsOf(scenario === 'failing'),
    import: async () => ({ connection: 'plant-2' }),
    export: async ({ name }) => ({
      path: `/home/kim/.config/nats/context/${name}.json`,
      credentialsPath: `/home/kim/.config/nats/muster/${name}.creds`,
      command: `nats --context ${name} rtt`,
    }),
  }
}

function contextsOf(failing: boolean): NatsContext[] {
  const base = {
    description: '',
    tls: false,
    selected: false,
    dialect: null,
    tenant: null,
    problem: null,
  }
  const gone = problemOf(
    new RejectedError({
      code: 'CONTEXT_FILE',
      message:
        'The context names a credential file that can not be read: /home/kim/keys/old.creds.',
      advice: 'Put the file back, or change the context (nats context edit).',
    }),
  )
  return [
    { ...base, name: 'lab', urls: ['nats://10.0.4.2:4222'], login: 'password' },
    {
      ...base,
      name: 'old-site',
      urls: ['nats://old.example:4222'],
      login: 'credentials',
      problem: gone,
    },
    ...(failing
      ? []
      : [
          {
            ...base,
            name: 'plant-2',
            description: 'The second plant, cluster of three',
            urls: ['tls://n1.plant-2.example:4222', 'tls://n2.plant-2.example:4222'],
            login: 'credentials' as const,
            tls: true,
            selected: true,
            dialect: 'device-connect' as const,
            tenant: 'north-farm',
          },
        ]),
  ]
}

function keyOf(kind: string, seed: string): string {
  return `${kind}${seed.repeat(8)}`.slice(0, 56)
}

function soundScan(): NscScan {
  const users = Array.from({ length: 207 }, (_, index) =>
    sound('user', `robot-${String(index + 1).padStart(3, '0')}`),
  )
  const findings: NscFinding[] = [
    {
      ...sound('key', `${keyOf('A', 'Q4W7')}.nk`),
      group: 'orphaned',
      text: 'It is a private key of an account that no JWT of this store names. It stays where it is.',
    },
    {
      ...sound('user', 'robot-stolen'),
      group: 'revoked',
      text: 'Its account revokes it. The ledger will say so.',
    },
    {
      ...sound('user', 'pump-2024'),
      group: 'expired',
      text: 'It expired on 2026-02-11. The ledger will say so.',
    },
    { ...sound('operator', 'acme') },
    { ...sound('account', 'DEVICE_CONNECT') },
    { ...sound('account', 'RESEARCH') },
    { ...sound('account', 'SYS') },
    ...users,
  ]
  return {
    id: 'scan',
    folders: FOLDERS,
    operators: [operator({})],
    findings,
    counts: { ...NONE, sound: 211, orphaned: 1, revoked: 1, expired: 1 },
    cut: false,
  }
}

function brokenScan(): NscScan {
  const other = problemOf(
    new ConflictError({
      code: 'NSC_OTHER_OPERATOR',
      message:
        'This profile has the operator muster already. A second one would lock out every device that trusts the first, so Muster never replaces it.',
      advice: 'Start Muster with a new profile folder and import there.',
    }),
  )
  const file = (group: NscFinding['group'], name: string, text: string): NscFinding => ({
    group,
    what: 'file',
    name,
    publicKey: null,
    path: `/home/kim/.local/share/nats/nsc/${name}`,
    text,
  })
  return {
    id: 'scan',
    folders: FOLDERS,
    operators: [
      operator({ obstacle: other }),
      operator({
        name: 'lab',
        publicKey: keyOf('O', 'LAB7'),
        obstacle: other,
        warnings: [],
        accounts: [],
      }),
    ],
    findings: [
      file(
        'damaged',
        'users/robot-004.jwt',
        'It was changed by hand after it was signed: its signature does not fit. It is left out.',
      ),
      file(
        'damaged',
        'AC/half.nk',
        'It holds no private key of an operator, account or user, or half of one. It is left out.',
      ),
      file('unreadable', 'keys/O', 'It may not be read by the user that Muster runs as.'),
      {
        ...sound('account', 'RESEARCH'),
        group: 'missing',
        text: 'None of its private keys is here. What was issued in it goes on working; new credentials need a new signing key.',
      },
      {
        ...sound('account', 'ALIEN'),
        group: 'foreign',
        text: 'No operator of this store signed it, so no server of theirs takes it. It is left out with its users.',
      },
      {
        ...file(
          'misplaced',
          'AB/UAB.nk',
          'It lies under the name or in the folder of another key, where nsc does not find it. Muster goes by what is in it.',
        ),
        what: 'key',
      },
      sound('operator', 'acme'),
    ],
    counts: { ...NONE, damaged: 2, unreadable: 1, missing: 1, foreign: 1, misplaced: 1, sound: 1 },
    cut: true,
  }
}

const NONE: NscScan['counts'] = {
  sound: 0,
  missing: 0,
  orphaned: 0,
  misplaced: 0,
  expired: 0,
  foreign: 0,
  revoked: 0,
  damaged: 0,
  unreadable: 0,
}

function sound(what: NscFinding['what'], name: string): NscFinding {
  return {
    group: 'sound',
    what,
    name,
    publicKey: keyOf(what === 'user' ? 'U' : what === 'operator' ? 'O' : 'A', 'B7QK'),
    path: `/home/kim/.local/share/nats/nsc/stores/acme/accounts/DEVICE_CONNECT/users/${name}.jwt`,
    text: '',
  }
}

function operator(change: Partial<NscOperator>): NscOperator {
  return {
    name: 'acme',
    publicKey: keyOf('O', 'B7QK'),
    dialect: 'device-connect',
    accounts: [
      {
        name: 'SYS',
        publicKey: keyOf('A', 'SYS2'),
        becomes: 'system',
        tenants: [],
        users: 1,
        canIssue: true,
        notes: [],
      },
      {
        name: 'DEVICE_CONNECT',
        publicKey: keyOf('A', 'DEV4'),
        becomes: 'shared',
        tenants: ['north-farm', 'south-farm'],
        users: 198,
        canIssue: true,
        notes: [],
      },
      {
        name: 'RESEARCH',
        publicKey: keyOf('A', 'RES5'),
        becomes: 'tenant',
        tenants: ['research'],
        users: 11,
        canIssue: true,
        notes: [],
      },
      {
        name: 'billing',
        publicKey: keyOf('A', 'BIL6'),
        becomes: 'nothing',
        tenants: [],
        users: 4,
        canIssue: true,
        notes: [
          'Its users speak about other subjects than those of devices. It is left out and goes on as it is.',
        ],
      },
    ],
    users: 210,
    keys: 6,
    makes: ['registry-account'],
    warnings: [
      'The account DEVICE_CONNECT is shared: only permissions separate its tenants, and they can read each other’s replies on _INBOX.>.',
      'The account DEVICE_CONNECT has a registry of its own. Stop it before Muster’s takes over: both would answer.',
      '198 of 214 users have credentials that never expire. Muster can renew them with an end.',
    ],
    merges: false,
    obstacle: null,
    ...change,
  }
}
