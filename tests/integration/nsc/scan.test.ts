import { chmod, mkdir, rename, rm, symlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { encodeJwt } from '../../../src/main/authority/jwt.ts'
import { createNkey } from '../../../src/main/authority/nkey.ts'
import { signerOf } from '../../../src/main/authority/signer.ts'
import { scanStore, type StoreScan } from '../../../src/main/nsc/store-scan.ts'
import { planImport } from '../../../src/main/nsc/import-plan.ts'
import { MadeStore } from '../../support/nsc-made-store.ts'
import { unlessRoot } from '../../support/unless-root.ts'
import { NEVER } from '#shared/never.ts'

let store: MadeStore

beforeEach(async () => {
  store = await MadeStore.create()
})
afterEach(() => store.remove())

const scan = (...folders: string[]) =>
  scanStore(folders.length === 0 ? [store.folder] : folders, NEVER)
const told = ({ findings }: StoreScan) =>
  findings
    .filter(({ group }) => group !== 'sound')
    .map(({ group, what, name }) => [group, what, name])

test('finds nothing to say about a store in which all is sound', async () => {
  const operator = await store.operator('acme')
  const account = await operator.account('plant')
  await account.device('plant', 'pump-1')
  const seen = await scan()
  expect(told(seen)).toEqual([])
  expect(seen.findings).toHaveLength(4)
  expect(JSON.stringify([...seen.model.keys])).not.toMatch(/S[OAU][A-Z2-7]{56}/u)
})

test('tells missing, orphaned, expired, foreign and revoked apart', async () => {
  const operator = await store.operator('acme')
  const lost = await operator.account('lost')
  await store.forget(lost.key)
  const orphan = createNkey('account')
  await store.keep(orphan)
  const revoked = createNkey('user')
  const account = await operator.account('plant', {
    nats: { revocations: { [revoked.publicKey]: store.now } },
  })
  await account.device('plant', 'stolen', { key: revoked })
  await account.device('plant', 'old', { expiresAt: store.now - 60 })
  await account.device('plant', 'forged', { signer: createNkey('account') })
  await operator.account('alien', { signer: createNkey('operator') })
  const stray = await operator.account('gone')
  await stray.user('stray')
  await rm(store.path('stores/acme/accounts/gone/gone.jwt'))
  await store.forget(stray.key)
  expect(told(await scan())).toEqual(
    expect.arrayContaining([
      ['missing', 'account', 'lost'],
      ['orphaned', 'key', `${orphan.publicKey}.nk`],
      ['expired', 'user', 'old'],
      ['revoked', 'user', 'stolen'],
      ['foreign', 'user', 'forged'],
      ['foreign', 'account', 'alien'],
      ['foreign', 'user', 'stray'],
    ]),
  )
})

test('finds what lies in the wrong folder and goes by what is in it', async () => {
  const operator = await store.operator('acme')
  const account = await operator.account('plant', { path: 'stores/acme/accounts/other/other.jwt' })
  const { key } = await account.device('plant', 'pump-1')
  await rename(
    store.path(store.keyPath(account.key)),
    store.path(store.keyPath(key)).replace(/[^/]+$/u, `${createNkey('user').publicKey}.nk`),
  )
  const seen = await scan()
  expect(told(seen)).toEqual([
    ['misplaced', 'key', expect.stringMatching(/^U.*\.nk$/u)],
    ['misplaced', 'file', 'plant'],
  ])
  const [made] = seen.model.operators
  expect(made?.accounts.map(({ name }) => name).toSorted()).toEqual(['SYS', 'plant'])
  if (made === undefined) return
  expect(planImport(seen.model, made).keys.map(({ publicKey }) => publicKey)).toContain(
    account.key.publicKey,
  )
})

test('leaves out what is cut, edited by hand, of the wrong kind or of an old version', async () => {
  const operator = await store.operator('acme')
  const account = await operator.account('plant')
  const { jwt, key } = await account.device('plant', 'pump-1')
  const [header = '', payload = '', signature = ''] = jwt.split('.')
  const edited = Buffer.from(payload, 'base64url').toString().replace('pump-1', 'pump-2')
  await store.write('stores/acme/accounts/plant/users/cut.jwt', jwt.slice(0, 200))
  await store.write('stores/acme/accounts/plant/users/short.jwt', jwt.slice(0, -20))
  await store.write(
    'stores/acme/accounts/plant/users/edited.jwt',
    `${header}.${Buffer.from(edited).toString('base64url')}.${signature}`,
  )
  const old = Buffer.from('{"typ":"jwt","alg":"ed25519"}').toString('base64url')
  await store.write('stores/acme/accounts/plant/users/old.jwt', `${old}.${payload}.${signature}`)
  await store.write('keys/keys/A/AA/half.nk', account.key.seed.slice(0, 30))
  await store.write(
    'keys/creds/acme/plant/mixed.creds.json',
    JSON.stringify({ nats: { jwt, nkey_seed: createNkey('user').seed } }),
  )
  await store.write('keys/creds/acme/plant/empty.creds', '')
  const texts = new Map((await scan()).findings.map(({ name, text }) => [name, text]))
  expect(texts.get('users/cut.jwt')).toMatch(/cut/u)
  expect(texts.get('users/short.jwt')).toMatch(/cut/u)
  expect(texts.get('users/edited.jwt')).toMatch(/changed by hand/u)
  expect(texts.get('users/old.jwt')).toMatch(/version 1/u)
  expect(texts.get('AA/half.nk')).toMatch(/no private key/u)
  expect(texts.get('plant/mixed.creds.json')).toMatch(/two files were mixed/u)
  expect(texts.get('plant/empty.creds')).toMatch(/cut/u)
  expect([...texts.values()].join(' ')).not.toContain(key.seed)
})

test('leaves out signed JWTs that say nonsense, and an operator that is not its own', async () => {
  const operator = await store.operator('acme')
  await operator.account('plant', { nats: { signing_keys: 'all of them' } })
  await operator.account('list', { nats: { revocations: ['everybody'] } })
  const stranger = createNkey('operator')
  const signed = (subject: string, type: 'operator' | 'account') =>
    encodeJwt(
      { name: 'odd', subject, type, nats: { signing_keys: [] }, issuedAt: store.now },
      signerOf(stranger.seed),
    )
  await store.write('stores/odd/odd.jwt', signed(createNkey('operator').publicKey, 'operator'))
  await store.write('stores/odd/user.jwt', signed(createNkey('user').publicKey, 'account'))
  const seen = await scan()
  expect(seen.model.operators.map(({ name }) => name)).toEqual(['acme'])
  expect(told(seen).filter(([, what]) => what === 'file')).toEqual([
    ['damaged', 'file', 'list/list.jwt'],
    ['damaged', 'file', 'plant/plant.jwt'],
    ['foreign', 'file', 'odd/odd.jwt'],
    ['damaged', 'file', 'odd/user.jwt'],
  ])
})

unlessRoot('says which folders it may not read', async () => {
  const operator = await store.operator('acme')
  await operator.account('plant')
  await chmod(store.path('keys'), 0o000)
  try {
    expect(told(await scan())).toContainEqual([
      'unreadable',
      'file',
      expect.stringContaining('keys'),
    ])
  } finally {
    await chmod(store.path('keys'), 0o700)
  }
})

// Only Linux has a file that no user may read, root neither.
test.skipIf(process.platform !== 'linux')('says which file it can not read', async () => {
  await store.operator('acme')
  await symlink('/proc/self/mem', store.path('keys/keys/disk-fault.nk'))
  expect(told(await scan())).toContainEqual(['unreadable', 'file', 'keys/disk-fault.nk'])
})

test('ends where links go round, and says so of a link to itself', async () => {
  const operator = await store.operator('acme')
  await operator.account('plant')
  await symlink(store.folder, store.path('stores/acme/accounts/up'))
  await mkdir(store.path('keys/keys/X'), { recursive: true })
  await symlink('self.nk', store.path('keys/keys/X/self.nk'))
  const seen = await scan()
  expect(told(seen)).toEqual([['unreadable', 'file', 'X/self.nk']])
  expect(seen.model.operators).toHaveLength(1)
})

test('reads the layout of older versions and what the scripts of the seed systems leave', async () => {
  const operator = await store.operator('fabric-operator')
  const account = await operator.account('FABRIC')
  const { jwt, key } = await account.user('robot-001', {
    allow: ['fabric.>', '_INBOX.>'],
    expiresAt: 0,
  })
  // ~/.nkeys of older versions: by name, not by key.
  for (const [name, made] of [
    ['nkeys/fabric-operator/fabric-operator.nk', operator.key],
    ['nkeys/fabric-operator/accounts/FABRIC/FABRIC.nk', account.key],
  ] as const) {
    await mkdir(dirname(store.path(name)), { recursive: true })
    await rename(store.path(store.keyPath(made)), store.path(name))
  }
  await rm(store.path('keys'), { recursive: true })
  await store.write(
    'credentials/robot-001.creds.json',
    JSON.stringify({
      device_id: 'robot-001',
      auth_type: 'jwt',
      tenant: 'default',
      nats: { urls: [], jwt, nkey_seed: key.seed },
    }),
  )
  const seen = await scan()
  const [made] = seen.model.operators
  if (made === undefined) throw new Error('no operator')
  const plan = planImport(seen.model, made)
  expect(plan).toMatchObject({ dialect: 'fabric', system: 'new-key', registry: 'create' })
  expect(plan.accounts.find(({ account: { name } }) => name === 'FABRIC')).toMatchObject({
    becomes: 'shared',
    tenants: ['default'],
    canIssue: true,
  })
  expect(plan.warnings.join(' ')).toMatch(/never expire/u)
})

test('names the folder that is not there', async () => {
  await expect(scan(store.path('nowhere'))).rejects.toMatchObject({ code: 'NSC_FOLDER_MISSING' })
})
