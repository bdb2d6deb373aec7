import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compare } from 'bcryptjs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createIdentity, DeviceStorage, hashPin } from './factory-identity.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-device-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

const options = {
  deviceId: 'probe-1',
  deviceType: 'probe',
  capabilities: ['add'],
  pinHash: await hashPin('1234-5678', 4),
  nowMs: Date.UTC(2030, 0, 1),
}

test('holds a key and the hash of the PIN, and not the PIN', async () => {
  const identity = createIdentity(options)
  expect(identity).toEqual({
    device_id: 'probe-1',
    device_type: 'probe',
    capabilities: ['add'],
    nkey: {
      public_key: expect.stringMatching(/^U[A-Z2-7]{55}$/),
      seed: expect.stringMatching(/^SU[A-Z2-7]{56}$/),
    },
    provisioning: {
      pin_hash: expect.stringMatching(/^\$2[aby]\$04\$/),
      commissioned: false,
      created_at: '2030-01-01T00:00:00Z',
    },
  })
  await expect(compare('12345678', identity.provisioning.pin_hash)).resolves.toBe(true)
  expect(JSON.stringify(identity)).not.toContain('12345678')
  await expect(hashPin('1234')).rejects.toThrow(/eight digits/)
})

test('keeps identity and credentials, readable by their owner only', async () => {
  const storage = new DeviceStorage(join(folder, 'deep'))
  await expect(storage.loadIdentity('probe-1')).resolves.toBeUndefined()
  await expect(storage.loadCredentials('probe-1')).resolves.toBeUndefined()
  const identity = createIdentity(options)
  await storage.saveIdentity(identity)
  await storage.saveCredentials('probe-1', { tenant: 'alpha' })
  await expect(storage.loadIdentity('probe-1')).resolves.toEqual(identity)
  await expect(storage.loadCredentials('probe-1')).resolves.toEqual({ tenant: 'alpha' })
  for (const name of ['probe-1.identity.json', 'probe-1.creds.json']) {
    expect(statSync(join(folder, 'deep', name)).mode & 0o777).toBe(0o600)
  }
})

test('refuses an identity file without hash or key', async () => {
  writeFileSync(join(folder, 'probe-1.identity.json'), '{"device_id":"probe-1"}')
  await expect(new DeviceStorage(folder).loadIdentity('probe-1')).rejects.toMatchObject({
    code: 'IDENTITY_MALFORMED',
  })
})

test('a new credential lies beside the old one until it has proved itself', async () => {
  const storage = new DeviceStorage(folder)
  const slots = storage.slotsOf('pump')
  await storage.saveCredentials('pump', { which: 'old' })
  await slots.saveNext({ which: 'refused' })
  expect(await storage.loadNextCredentials('pump')).toEqual({ which: 'refused' })
  await slots.dropNext()
  expect(await storage.loadNextCredentials('pump')).toBeUndefined()
  expect(await storage.loadCredentials('pump')).toEqual({ which: 'old' })
  await slots.saveNext({ which: 'new' })
  await slots.promoteNext()
  expect(await storage.loadNextCredentials('pump')).toBeUndefined()
  expect(await storage.loadCredentials('pump')).toEqual({ which: 'new' })
})
