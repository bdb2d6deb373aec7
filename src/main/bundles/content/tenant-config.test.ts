import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { tenantConfig } from './tenant-config.ts'
import type { Parcel } from './content-file.ts'

const parcel = (change: Partial<Parcel>): Parcel => ({
  dialect: 'device-connect',
  tenant: 'north',
  urls: ['nats://mesh.example:4222'],
  caPem: null,
  credentials: [],
  alsoCreds: false,
  certificates: 'inline',
  starters: [],
  createdAt: new Date(0),
  ...change,
})

test('says what the field’s tools read, with the credential file to be chosen', () => {
  expect(tenantConfig(parcel({}), 'credentials/')).toBe(
    [
      '# Tenant north',
      '# Use it in a shell, from this folder: . ./tenant-config.env',
      '',
      'export TENANT=north',
      'export MESSAGING_BACKEND=nats',
      'export NATS_URL=nats://mesh.example:4222',
      '',
      '# The credential file of the device that runs here:',
      '# export MESSAGING_CREDENTIALS_FILE=./credentials/NAME.creds.json',
      '',
    ].join('\n'),
  )
})

test.each(["a'b", '$(touch x)', '`id`', 'a"b', 'ä;b', 'a\\b'])(
  'a shell reads the tenant %j as it is',
  (tenant) => {
    const text = `${tenantConfig(parcel({ tenant }), '')}\nprintf %s "$TENANT"`
    expect(execFileSync('sh', ['-c', text], { encoding: 'utf8' })).toBe(tenant)
  },
)
