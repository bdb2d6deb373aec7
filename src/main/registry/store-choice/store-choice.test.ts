import { readFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EtcdAccess } from '#shared/contract/registry-store.ts'
import { AuditTrail } from '../../audit/audit-trail.ts'
import { AUDIT_MIGRATIONS } from '../../audit/migrations.ts'
import { openDatabase } from '../../storage/database.ts'
import { REGISTRY_STORE_MIGRATIONS } from './migrations.ts'
import { StoreChoice } from './store-choice.ts'

const PASSWORD = 'a password of a test'
const KEY = '-----BEGIN A KEY OF A TEST-----'

const ACCESS: EtcdAccess = {
  endpoints: ['https://a:2379', 'https://b:2379', 'https://a:2379'],
  ca: { kind: 'new', value: 'CA' },
  clientCertificate: { kind: 'new', value: { certificatePem: 'CERT', keyPem: KEY } },
  user: 'muster',
  password: { kind: 'new', value: PASSWORD },
}

let folder: string
let open: () => { stores: StoreChoice; noted: () => unknown[]; close: () => void }
const secrets = new Map<string, string>()

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-store-choice-'))
  secrets.clear()
  const keychain = {
    get: async (account: string) => secrets.get(account),
    set: async (account: string, secret: string) => void secrets.set(account, secret),
    delete: async (account: string) => secrets.delete(account),
  }
  open = () => {
    const { database } = openDatabase(join(folder, 'muster.db'), [
      ...AUDIT_MIGRATIONS,
      ...REGISTRY_STORE_MIGRATIONS,
    ])
    const audit = new AuditTrail({ database, actor: { user: 'kim', host: 'laptop' } })
    return {
      stores: new StoreChoice({ database, keychain, audit }),
      noted: () => database.prepare('SELECT action, subject, body FROM audit_entries').all(),
      close: () => database.close(),
    }
  }
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('a new profile keeps devices in its own database', async () => {
  const { stores, close } = open()
  expect(stores.chosen()).toEqual({ kind: 'embedded', etcd: null })
  expect(await stores.config()).toBeUndefined()
  await expect(stores.saved()).rejects.toMatchObject({ code: 'ETCD_NOT_CHOSEN' })
  close()
})

test('an etcd that was chosen is used after a restart; its secrets are in the keychain only', async () => {
  const first = open()
  await first.stores.choose({ kind: 'etcd', access: ACCESS })
  expect(JSON.stringify(first.stores.chosen())).not.toContain(KEY)
  first.close()
  const { stores, close } = open()
  expect(await stores.config()).toMatchObject({
    endpoints: ['https://a:2379', 'https://b:2379'],
    caPem: 'CA',
    clientCertificate: { certificatePem: 'CERT', keyPem: KEY },
    user: { name: 'muster', password: PASSWORD },
  })
  close()
  const written = readFileSync(join(folder, 'muster.db'), 'latin1')
  expect(written).toContain('CERT')
  expect(written).not.toContain(KEY)
  expect(written).not.toContain(PASSWORD)
})

test('going back to the own database keeps the etcd for later, and a change keeps what it does not name', async () => {
  const { stores, close } = open()
  await stores.choose({ kind: 'etcd', access: ACCESS })
  await stores.choose({ kind: 'embedded' })
  expect(await stores.config()).toBeUndefined()
  expect(stores.chosen()).toMatchObject({ kind: 'embedded', etcd: { user: 'muster' } })
  const kept: EtcdAccess = {
    ...ACCESS,
    ca: { kind: 'keep' },
    clientCertificate: { kind: 'none' },
    password: { kind: 'keep' },
  }
  await stores.choose({ kind: 'etcd', access: kept })
  expect(await stores.config()).toMatchObject({
    caPem: 'CA',
    clientCertificate: null,
    user: { name: 'muster', password: PASSWORD },
  })
  expect([...secrets.values()].join()).not.toContain(KEY)
  close()
})

test('each choice stands in the audit log, without its secrets', async () => {
  const { stores, noted, close } = open()
  await stores.choose({ kind: 'etcd', access: ACCESS })
  await stores.choose({ kind: 'embedded' })
  expect(noted()).toMatchObject([
    { action: 'registry-store', subject: 'etcd at https://a:2379, https://b:2379' },
    { action: 'registry-store', subject: 'embedded store' },
  ])
  expect(JSON.stringify(noted())).not.toContain(PASSWORD)
  expect(JSON.stringify(noted())).not.toContain(KEY.slice(5, -5))
  close()
})

test('a keychain that lost a secret is said, not worked around', async () => {
  const { stores, close } = open()
  await stores.choose({ kind: 'etcd', access: ACCESS })
  secrets.clear()
  await expect(stores.config()).rejects.toMatchObject({ code: 'ETCD_SECRET_GONE' })
  close()
})
