import { rmSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  MapKeychain,
  openNscProfile,
  type NscProfile,
  type NscProfileOptions,
} from '../../support/nsc-profile.ts'
import { MadeStore, type MadeAccount, type MadeOperator } from '../../support/nsc-made-store.ts'
import { NEVER } from '#shared/never.ts'

const DAY_MS = 24 * 60 * 60 * 1000

let store: MadeStore
const profiles: NscProfile[] = []

beforeEach(async () => {
  store = await MadeStore.create()
})
afterEach(async () => {
  for (const profile of profiles.splice(0)) await profile.close()
  await store.remove()
})

async function open(options: NscProfileOptions = {}): Promise<NscProfile> {
  const profile = await openNscProfile(options)
  profiles.push(profile)
  return profile
}

/** An operator with a tenant in an account of its own and two in a shared one. */
async function plant(): Promise<{ operator: MadeOperator; own: MadeAccount; shared: MadeAccount }> {
  const operator = await store.operator('acme')
  const own = await operator.account('ACME-NORTH')
  await own.device('north', 'pump-1')
  const shared = await operator.account('DEVICE_CONNECT')
  await shared.device('east', 'pump-2')
  await shared.device('west', 'pump-3')
  return { operator, own, shared }
}

const device = (tenant: string, name: string) =>
  ({
    account: { tenant },
    role: 'device',
    name,
    deviceId: name,
    ttlMs: DAY_MS,
    delivery: 'file',
  }) as const

test('brings operator, accounts, tenants, users and keys into an empty profile', async () => {
  const { operator, own } = await plant()
  const profile = await open()
  const done = await profile.importFrom([store.folder])
  expect(done).toMatchObject({
    state: 'done',
    problem: null,
    result: { tenants: 3, accounts: 4, credentials: 3, keys: 5, removed: null, kept: [] },
  })
  expect(done.steps.every(({ state }) => state === 'done')).toBe(true)
  expect(profile.authority.operator()).toMatchObject({
    name: 'acme',
    publicKey: operator.key.publicKey,
    systemAccount: operator.system.publicKey,
  })
  expect(
    profile.authority
      .tenants()
      .map(({ name, isolation }) => `${name} ${isolation}`)
      .toSorted(),
  ).toEqual(['east shared', 'north account', 'west shared'])
  expect(
    profile.authority.ledger.credentialsOf({ tenant: 'north', deviceId: 'pump-1' }),
  ).toMatchObject([{ state: 'active', role: 'device' }])
  for (const { publicKey, seed } of [operator.key, operator.signing, operator.system, own.key]) {
    expect(profile.keychain.entries.get(publicKey)).toBe(seed)
    expect(await readFile(store.path(store.keyPath({ publicKey, seed })), 'utf8')).toBe(seed)
  }
  // No user's key is kept: that is the device's.
  expect([...profile.keychain.entries.keys()].filter((key) => key.startsWith('U'))).toEqual([])
  expect((await readFile(profile.databasePath)).includes(operator.key.seed)).toBe(false)
})

test('serves the imported deployment: old users go on, tenants are wired, new users are let in', async () => {
  const { operator, own, shared } = await plant()
  const old = await own.device('north', 'pump-9')
  const profile = await open()
  await profile.importFrom([store.folder])
  const server = await profile.startServer()
  const theirs = await profile.connectAs(server, { jwt: old.jwt, seed: old.key.seed })
  await profile.authority.createTenant('north', { isolation: 'account' })
  await profile.authority.createTenant('east', { isolation: 'shared' })
  const registry = await profile.connectAs(
    server,
    await profile.authority.issueUser({
      account: 'registry',
      role: 'registry',
      name: 'registry',
      ttlMs: DAY_MS,
      delivery: 'internal',
    }),
  )
  registry.subscribe('device-connect.*.registry', {
    callback: (_, message) => void message.respond('registered'),
  })
  await registry.flush()
  expect((await theirs.request('device-connect.north.registry')).string()).toBe('registered')
  const ours = await profile.connectAs(
    server,
    await profile.authority.issueUser(device('east', 'pump-10')),
  )
  expect((await ours.request('device-connect.east.registry')).string()).toBe('registered')
  // The account that nsc made has no signing key: its identity signs, and what nsc wrote is still there.
  const [entry] = profile.authority.ledger.credentialsOf({ tenant: 'east', deviceId: 'pump-10' })
  expect(profile.authority.ledger.entry(entry?.id ?? '')?.signingKey).toBe(shared.key.publicKey)
  expect(profile.authority.operatorKeys()).toContain(operator.signing.publicKey)
})

test('removes the key files only after the keychain gave each key back', async () => {
  const { operator, own } = await plant()
  const forgetful = new MapKeychain()
  const lost = own.key
  const profile = await open({
    keychain: forgetful,
    atBoundary: ({ step, point }) => {
      // Something else deletes an entry between the import and the removal.
      if (step === 'remove-files' && point === 'begun') forgetful.entries.delete(lost.publicKey)
    },
  })
  const done = await profile.importFrom([store.folder], { removeFiles: true })
  expect(done.result).toMatchObject({
    keys: 5,
    removed: 4,
    kept: [store.path(store.keyPath(lost))],
  })
  expect(await readFile(store.path(store.keyPath(lost)), 'utf8')).toBe(lost.seed)
  await expect(stat(store.path(store.keyPath(operator.key)))).rejects.toMatchObject({
    code: 'ENOENT',
  })
})

test('records nothing where the keychain does not keep what it is given', async () => {
  await plant()
  const keychain = new MapKeychain()
  let calls = 0
  const set = keychain.set.bind(keychain)
  keychain.set = (account, secret) => (++calls > 3 ? Promise.resolve() : set(account, secret))
  const profile = await open({ keychain })
  const done = await profile.importFrom([store.folder], { removeFiles: true })
  expect(done).toMatchObject({ state: 'failed', problem: { code: 'KEYCHAIN_FORGETS' } })
  expect(profile.authority.operator()).toBeUndefined()
  expect(profile.keychain.entries.size).toBe(0)
  expect((await profile.nsc.scan({ folders: [store.folder] }, NEVER)).counts.missing).toBe(0)
})

test('never replaces an operator, and adds what is new of the same', async () => {
  const { operator } = await plant()
  const profile = await open()
  await profile.importFrom([store.folder])

  const late = await operator.account('LATE')
  await late.device('south', 'pump-7')
  const again = await profile.importFrom([store.folder])
  expect(again).toMatchObject({
    state: 'done',
    result: { tenants: 1, accounts: 1, credentials: 1 },
  })
  expect(profile.authority.tenants()).toHaveLength(4)

  const other = await MadeStore.create()
  try {
    const stranger = await other.operator('stranger')
    const scan = await profile.nsc.scan({ folders: [other.folder] }, NEVER)
    expect(scan.operators).toMatchObject([
      { name: 'stranger', merges: false, obstacle: { code: 'NSC_OTHER_OPERATOR' } },
    ])
    expect(() =>
      profile.nsc.import({
        scan: scan.id,
        operator: stranger.key.publicKey,
        dialect: 'device-connect',
        removeFiles: true,
      }),
    ).toThrow(/never replaces it/u)
    expect(profile.keychain.entries.has(stranger.key.publicKey)).toBe(false)
  } finally {
    await other.remove()
  }
})

test('lets the person choose between two operators in one store', async () => {
  await store.operator('first')
  const second = await store.operator('second')
  const account = await second.account('two')
  await account.device('two', 'pump-1')
  const profile = await open()
  const scan = await profile.nsc.scan({ folders: [store.folder] }, NEVER)
  expect(scan.operators.map(({ name }) => name).toSorted()).toEqual(['first', 'second'])
  profile.nsc.import({
    scan: scan.id,
    operator: second.key.publicKey,
    dialect: 'device-connect',
    removeFiles: false,
  })
  await expect.poll(() => profile.authority.operator()?.name).toBe('second')
  expect(profile.authority.tenants().map(({ name }) => name)).toEqual(['two'])
})

test.for([
  [
    'there is none',
    async (operator: MadeOperator): Promise<void> =>
      void (await operator.sign({ signing_keys: [operator.signing.publicKey] })),
  ],
  [
    'its keys are not there',
    (operator: MadeOperator): Promise<void> => store.forget(operator.system),
  ],
] as const)(
  'makes what the system account lacks, where %s, and a server takes it',
  async ([, spoil]) => {
    const { operator } = await plant()
    await spoil(operator)
    const profile = await open()
    expect(await profile.importFrom([store.folder])).toMatchObject({ state: 'done' })
    await profile.startServer()
    await profile.authority.createTenant('north', { isolation: 'account' })
    expect(profile.authority.tenants().find(({ name }) => name === 'north')?.state).toBe('ready')
  },
)

test('refuses a store whose operator has no key in it, or has expired', async () => {
  const { operator } = await plant()
  const obstacleOf = async () => {
    const profile = await open()
    const scan = await profile.nsc.scan({ folders: [store.folder] }, NEVER)
    return scan.operators[0]?.obstacle?.code
  }
  await operator.sign(
    { signing_keys: [operator.signing.publicKey], system_account: operator.system.publicKey },
    store.now - 60,
  )
  expect(await obstacleOf()).toBe('NSC_OPERATOR_EXPIRED')
  await operator.sign({
    signing_keys: [operator.signing.publicKey],
    system_account: operator.system.publicKey,
  })
  expect(await obstacleOf()).toBeUndefined()
  await store.forget(operator.key, operator.signing)
  expect(await obstacleOf()).toBe('NSC_OPERATOR_KEY_MISSING')
})

test('goes on without the keys that the store lacks, and takes them in when they turn up', async () => {
  const { operator, own } = await plant()
  await store.forget(operator.key, own.key)
  const profile = await open()
  expect(await profile.importFrom([store.folder])).toMatchObject({ state: 'done' })
  const identity = () =>
    profile.store.keyRecords(operator.key.publicKey).find(({ purpose }) => purpose === 'identity')
  expect(identity()?.offlineAt).toBeInstanceOf(Date)
  // A mesh of one's own can be set up: the signing key does the daily work.
  await profile.authority.setUp({ dialect: 'device-connect' })
  await profile.startServer()
  await profile.authority.createTenant('east', { isolation: 'shared' })
  await profile.authority.issueUser(device('east', 'pump-10'))
  expect(await profile.authority.canIssue('north')).toBe(false)

  await store.keep(operator.key, own.key)
  expect(await profile.importFrom([store.folder])).toMatchObject({ state: 'done' })
  expect(identity()?.offlineAt).toBeNull()
  expect(await profile.authority.canIssue('north')).toBe(true)
})

test('brings no other operator into a profile that lost its database', async () => {
  const { operator } = await plant()
  const keychain = new MapKeychain()
  const before = await open({ keychain, place: '/profile' })
  await before.importFrom([store.folder])
  const other = await MadeStore.create()
  try {
    await other.operator('stranger')
    const after = await open({ keychain, place: '/profile' })
    expect(await after.importFrom([other.folder])).toMatchObject({
      state: 'failed',
      problem: { code: 'OPERATOR_NOT_RECORDED' },
    })
    // Its own may come back.
    expect(await after.importFrom([store.folder])).toMatchObject({ state: 'done' })
    expect(after.authority.operator()?.publicKey).toBe(operator.key.publicKey)
  } finally {
    await other.remove()
  }
})

test('notices that the store changed after it was looked at', async () => {
  const { own } = await plant()
  const profile = await open()
  const scan = await profile.nsc.scan({ folders: [store.folder] }, NEVER)
  await own.device('north', 'pump-new')
  const seen: (string | undefined)[] = []
  profile.nsc.subscribe((update) => void seen.push(update.import?.problem?.code))
  profile.nsc.import({
    scan: scan.id,
    operator: scan.operators[0]?.publicKey ?? '',
    dialect: 'device-connect',
    removeFiles: true,
  })
  await expect.poll(() => seen).toContain('NSC_STORE_CHANGED')
  expect(profile.authority.operator()).toBeUndefined()
  expect(profile.keychain.entries.size).toBe(0)
})

test('gives the keys back to nobody when it is cancelled before anything is recorded', async () => {
  await plant()
  const profile = await open({
    atBoundary: ({ step, point }) => {
      if (step === 'make-keys' && point === 'begun') profiles.at(-1)?.nsc.cancel()
    },
  })
  const done = await profile.importFrom([store.folder], { removeFiles: true })
  expect(done).toMatchObject({ state: 'failed' })
  expect(profile.keychain.entries.size).toBe(0)
  expect(profile.authority.operator()).toBeUndefined()
})

test('keeps a key whose file vanished meanwhile, when it is taken back', async () => {
  const { operator } = await plant()
  const profile = await open({
    atBoundary: ({ step, point }) => {
      if (step === 'make-keys' && point === 'begun') {
        rmSync(store.path(store.keyPath(operator.key)), { force: true })
      }
    },
  })
  const done = await profile.importFrom([store.folder])
  expect(done).toMatchObject({ state: 'failed', problem: { code: 'NSC_STORE_CHANGED' } })
  // It may be the last copy of the key on which the whole deployment stands.
  expect([...profile.keychain.entries]).toEqual([[operator.key.publicKey, operator.key.seed]])
})
