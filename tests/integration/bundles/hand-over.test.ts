import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { credsAuthenticator, jwtAuthenticator } from '@nats-io/transport-node'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { CredentialFile } from '../../../src/shared/protocol/credentials.ts'
import { bundleAuthority } from '../../../src/main/app/bundles.ts'
import { createNkey } from '../../../src/main/authority/nkey.ts'
import { TransientError } from '../../../src/shared/errors.ts'
import { bundleProcedure } from '../../../src/main/bundles/bundle-procedure.ts'
import { FolderDestination } from '../../../src/main/bundles/deliver/folder-destination.ts'
import { PART_ENDING, partPrefix } from '../../../src/main/bundles/deliver/write-verified.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { Procedures } from '../../../src/main/steps/procedures.ts'
import { patientConnect } from '../../support/patient-connect.ts'
import { BundleSite, execute } from './support/bundle-site.ts'
import { NEVER } from '#shared/never.ts'

let site: BundleSite
let usual: BundleSite['openDestination']

beforeAll(async () => {
  site = await BundleSite.create()
  usual = site.openDestination
})
afterEach(() => {
  site.openDestination = usual
})
afterAll(() => site.close())

async function logsIn(file: CredentialFile): Promise<void> {
  const { urls, jwt, nkey_seed: seed = '' } = file.nats
  const client = await patientConnect({
    servers: [...urls],
    authenticator: jwtAuthenticator(jwt, Buffer.from(seed)),
    reconnect: false,
  })
  await client.flush()
  await client.close()
}

/** Those of this app's own connections left out. */
function handedOver() {
  return site.app.authority.ledger
    .entriesOfTenant('north')
    .filter(({ delivery }) => delivery !== 'internal')
}

async function json<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T
}

test('a tenant that was sealed to a person is opened by age and unzip, and its credentials log in', async () => {
  const identity = await generateX25519Identity()
  const person = site.bundles.addPerson({
    name: 'Kim',
    publicKey: await identityToRecipient(identity),
    note: '',
  })
  const folder = join(site.folder, 'sealed')
  const { job, receipt } = await site.made(
    site.order(
      { kind: 'tenant', newDevices: ['pump-1', 'pump-2'], alsoCreds: true },
      {
        name: 'north',
        sealing: { kind: 'people', people: [person.id] },
        destination: { kind: 'folder', path: folder, allowSynced: false },
      },
    ),
  )
  expect(job).toMatchObject({ state: 'done', problem: null })
  expect((await readdir(folder)).toSorted()).toEqual([
    'north.README.txt',
    'north.zip.age',
    'open-north.sh',
  ])
  const keyFile = join(site.folder, 'key.txt')
  await writeFile(keyFile, `${identity}\n`, { mode: 0o600 })
  const archive = join(site.folder, 'north.zip')
  await execute('age', ['-d', '-i', keyFile, '-o', archive, join(folder, 'north.zip.age')])
  const opened = join(site.folder, 'opened')
  await execute('unzip', ['-q', archive, '-d', opened])
  expect((await readdir(join(opened, 'north'))).toSorted()).toEqual([
    'README.md',
    'credentials',
    'tenant-config.env',
  ])
  const path = join(opened, 'north', 'credentials', 'pump-1.creds.json')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  const file = await json<CredentialFile>(path)
  expect(file).toMatchObject({ device_id: 'pump-1', auth_type: 'jwt', tenant: 'north' })
  await logsIn(file)
  const creds = await readFile(join(opened, 'north', 'credentials', 'pump-2.creds'))
  const client = await patientConnect({
    servers: site.url,
    authenticator: credsAuthenticator(creds),
  })
  await client.close()

  // What lies beside it opens it too, and refuses what was changed.
  const script = join(folder, 'open-north.sh')
  await execute('sh', [script, '-i', keyFile, join(site.folder, 'by-script')])
  expect(await readdir(join(site.folder, 'by-script'))).toContain('manifest.json')
  await expect(
    execute('sh', [script, '-i', keyFile, join(site.folder, 'by-script')]),
  ).rejects.toThrow(/is there already/u)
  const sealed = join(folder, 'north.zip.age')
  await writeFile(sealed, (await readFile(sealed)).subarray(0, -1))
  await expect(execute('sh', [script, '-i', keyFile, join(site.folder, 'cut')])).rejects.toThrow(
    /cut off or changed/u,
  )

  expect(receipt).toMatchObject({
    credentials: 2,
    issued: 2,
    sealing: 'people',
    people: ['Kim'],
    by: 'kim@bench',
    destination: { kind: 'folder', path: folder },
  })
  expect(receipt?.files.map(({ name }) => name)).toEqual([
    'north.zip.age',
    'north.README.txt',
    'open-north.sh',
  ])
  expect(site.audit.at(-1)).toMatchObject({ action: 'bundle-deliver', result: 'done' })
  expect(handedOver().map(({ delivery }) => delivery)).toEqual(['bundle', 'bundle'])
  await site.bundles.printReceipt(job.id)
  expect(site.saved.at(-1)?.content).toContain(receipt?.files[0]?.sha256 ?? 'nothing')
  expect(JSON.stringify([job, receipt, site.audit])).not.toMatch(/eyJ|SU[A-Z2-7]{56}/u)
})

test('a device keeps its key: its credential goes out as it is, without one', async () => {
  const before = site.app.authority.ledger.entriesOfTenant('north')
  const plan = await site.bundles.plan(
    site.order({ devices: ['pump-1', 'nobody'], keys: 'keep' }).choice,
  )
  expect(plan.credentials.map(({ name, way }) => [name, way])).toEqual([
    ['nobody', 'refuse'],
    ['pump-1', 'keep'],
  ])
  const folder = join(site.folder, 'kept')
  await site.made(
    site.order(
      { devices: ['pump-1', 'nobody'], keys: 'keep' },
      { destination: { kind: 'folder', path: folder, allowSynced: false } },
    ),
  )
  await execute('unzip', ['-q', join(folder, 'test.zip'), '-d', join(folder, 'out')])
  const file = await json<CredentialFile>(join(folder, 'out', 'pump-1.creds.json'))
  const old = await json<CredentialFile>(
    join(site.folder, 'opened', 'north', 'credentials', 'pump-1.creds.json'),
  )
  expect(file.nats.jwt).toBe(old.nats.jwt)
  expect(file.nats).not.toHaveProperty('nkey_seed')
  expect(site.app.authority.ledger.entriesOfTenant('north')).toEqual(before)
})

test('credentials whose keys the person has are packed again, with other addresses', async () => {
  const folder = join(site.folder, 'again')
  const order = site.order(
    { kind: 'tenant', credentialFolder: join(site.folder, 'opened') },
    {
      urls: ['nats://mesh.example:4222', site.url],
      destination: { kind: 'folder', path: folder, allowSynced: false },
    },
  )
  expect((await site.bundles.plan(order.choice)).counts).toEqual({
    repack: 2,
    keep: 0,
    issue: 0,
    refuse: 0,
  })
  await site.made(order)
  await execute('unzip', ['-q', join(folder, 'test.zip'), '-d', folder])
  const file = await json<CredentialFile>(join(folder, 'north', 'credentials', 'pump-2.creds.json'))
  expect(file.nats.urls).toEqual(['nats://mesh.example:4222', site.url])
  await logsIn({ ...file, nats: { ...file.nats, urls: [site.url] } })
  expect(await readFile(join(folder, 'north', 'tenant-config.env'), 'utf8')).toContain(
    `export MESSAGING_URLS=nats://mesh.example:4222,${site.url}`,
  )
})

test('what leads to the receiving side itself is refused unless the person said so', async () => {
  const order = site.order({ newDevices: ['x'] }, { allowLoopback: false })
  await expect(site.bundles.create(order)).rejects.toMatchObject({ code: 'BUNDLE_LOOPBACK' })
  for (const url of ['nats://localhost:4222', 'tls://[::1]:4222', 'nats://127.8.9.1:4222']) {
    await expect(site.bundles.create({ ...order, urls: [url] })).rejects.toMatchObject({
      code: 'BUNDLE_LOOPBACK',
    })
  }
  for (const url of ['http://a', 'nats://kim:pin@a:4222', 'nats://a b:4222', 'nats://']) {
    await expect(site.bundles.create({ ...order, urls: [url] })).rejects.toMatchObject({
      code: 'URL_INVALID',
    })
  }
  await expect(site.bundles.checkHost(site.url, NEVER)).resolves.toMatchObject({
    state: 'loopback',
  })
})

test('an open bundle never goes into a folder that is copied elsewhere, a sealed one not silently', async () => {
  const folder = join(site.folder, 'Dropbox', 'site')
  await mkdir(folder, { recursive: true })
  const to = (allowSynced: boolean) => ({ kind: 'folder', path: folder, allowSynced }) as const
  const choice = { newDevices: ['x'] }
  await expect(
    site.bundles.create(site.order(choice, { destination: to(false) })),
  ).rejects.toMatchObject({ code: 'FOLDER_SYNCED', details: { service: 'Dropbox' } })
  await expect(
    site.bundles.create(site.order(choice, { destination: to(true) })),
  ).rejects.toMatchObject({ code: 'BUNDLE_PLAIN_SYNCED' })
  expect(handedOver()).toHaveLength(2)
})

test('what fails or is cancelled leaves no file, and nothing issued in force', async () => {
  const folder = join(site.folder, 'failing')
  const order = site.order(
    { newDevices: ['lost-1', 'lost-2'] },
    { destination: { kind: 'folder', path: folder, allowSynced: false } },
  )
  site.openDestination = async () => {
    const real = await FolderDestination.open(folder, false)
    return {
      facts: real.facts,
      check: (need) => real.check(need),
      deliver: async (files, run) => {
        await real.deliver(files, run)
        throw new TransientError({ code: 'DESTINATION_GONE', message: 'pulled', advice: '' })
      },
      takeBack: (files) => real.takeBack(files),
      close: () => real.close(),
    }
  }
  const { job, receipt } = await site.made(order)
  expect(job).toMatchObject({ state: 'failed', problem: { code: 'DESTINATION_GONE' } })
  expect(receipt).toBeUndefined()
  expect(await readdir(folder)).toEqual([])
  const states = () =>
    site.app.authority.ledger
      .entriesOfTenant('north')
      .filter(({ name }) => name.startsWith('lost'))
      .map(({ state, revokedAt }) => [state, revokedAt !== null])
  // It stood open on a medium, so the servers are told as well.
  expect(states()).toEqual([
    ['struck', true],
    ['struck', true],
  ])

  site.openDestination = async () => {
    const real = await FolderDestination.open(folder, false)
    return {
      facts: real.facts,
      check: (need) => real.check(need),
      deliver: (files, run) => {
        site.bundles.cancel(running)
        return real.deliver(files, run)
      },
      takeBack: (files) => real.takeBack(files),
      close: () => real.close(),
    }
  }
  const publicKey = await identityToRecipient(await generateX25519Identity())
  const { id: person } = site.bundles.addPerson({ name: 'Lee', publicKey, note: '' })
  const sealed = { kind: 'people' as const, people: [person] }
  const { id: running } = await site.bundles.create({ ...order, sealing: sealed })
  const cancelled = await site.ended(running)
  expect(cancelled.job.state).toBe('cancelled')
  expect(await readdir(folder)).toEqual([])
  expect(states().slice(2)).toEqual([
    ['struck', false],
    ['struck', false],
  ])
})

test('a file that is there is never written over, and a folder that is closed says so', async () => {
  const folder = join(site.folder, 'there')
  await mkdir(folder)
  await writeFile(join(folder, 'test.zip'), 'mine')
  const destination = { kind: 'folder', path: folder, allowSynced: false } as const
  const order = site.order({ newDevices: ['x'] }, { destination })
  await expect(site.bundles.create(order)).rejects.toMatchObject({ code: 'FILE_EXISTS' })
  expect(await readFile(join(folder, 'test.zip'), 'utf8')).toBe('mine')
  await expect(
    site.bundles.create({
      ...order,
      destination: { ...destination, path: join(folder, 'test.zip') },
    }),
  ).rejects.toMatchObject({ kind: 'rejected' })
})

test('what a crash cut off is taken back at the next start: files gone, credentials withdrawn', async () => {
  const folder = join(site.folder, 'crashed')
  await mkdir(folder)
  const whole = Buffer.from('the finished file')
  const sha256 = createHash('sha256').update(whole).digest('hex')
  await writeFile(join(folder, 'test.zip.age'), whole)
  await writeFile(
    join(folder, `${partPrefix('test.zip.age', sha256)}0123456789ab${PART_ENDING}`),
    'half',
  )
  await writeFile(join(folder, 'mine.zip.age'), whole)
  const { publicKey } = createNkey('user')
  await site.app.authority.issueUser({
    account: { tenant: 'north' },
    role: 'device',
    name: 'cut-off',
    deviceId: 'cut-off',
    publicKey,
    ttlMs: 600_000,
    delivery: 'bundle',
  })
  // As the journal has it when the process dies while it writes.
  const state = {
    id: 'b',
    name: 'test',
    keys: [publicKey],
    folder,
    files: [{ name: 'test.zip.age', sha256 }],
    sealed: true,
    seen: false,
  }
  const now = Date.now()
  site.app.database
    .prepare(
      "INSERT INTO procedures (id, kind, subject, direction, state, done, current, problem, begun_at, changed_at) VALUES ('p', 'bundle', 'bundle', 'forward', ?, ?, 'Write the bundle', NULL, ?, ?)",
    )
    .run(JSON.stringify(state), JSON.stringify(['Issue the credentials']), now, now)
  const { authority, database } = site.app
  const procedures = new Procedures({ database, log: silentLogger() })
  const view = bundleAuthority(database, authority)
  procedures.register(
    bundleProcedure({
      authority: view,
      workOf: () => undefined,
      folderOfDrive: () => Promise.resolve(null),
    }),
  )
  const taken = await procedures.takeUp('mesh', NEVER)
  expect(taken).toMatchObject([{ title: 'Hand over the bundle test', outcome: 'rolled-back' }])
  expect(await readdir(folder)).toEqual(['mine.zip.age'])
  expect(site.app.authority.ledger.entriesOfKey(publicKey)).toMatchObject([{ state: 'struck' }])
})

test('a device that made its key itself gets a credential for it, and no key', async () => {
  const { publicKey, seed } = createNkey('user')
  const folder = join(site.folder, 'own-keys')
  const order = (name: string, more: object = {}) =>
    site.order(
      { deviceKeys: [{ device: 'pump-own', publicKey }] },
      { name, destination: { kind: 'folder', path: folder, allowSynced: false }, ...more },
    )
  await site.made(order('first'))
  const opened = join(folder, 'opened')
  await execute('unzip', ['-q', join(folder, 'first.zip'), '-d', opened])
  const file = await json<CredentialFile>(join(opened, 'pump-own.creds.json'))
  expect(file.nats.nkey_seed).toBeUndefined()
  await logsIn({ ...file, nats: { ...file.nats, nkey_seed: seed } })

  // Once more: the very credential, which stays good when that is taken back.
  const plan = await site.bundles.plan(order('second').choice)
  expect(plan.credentials).toMatchObject([{ way: 'keep', publicKey }])
  const other = order('third').choice
  const taken = { ...other, deviceKeys: [{ device: 'pump-else', publicKey }] }
  expect((await site.bundles.plan(taken)).credentials).toMatchObject([
    { way: 'refuse', reason: 'Another device has this key.' },
  ])
})
