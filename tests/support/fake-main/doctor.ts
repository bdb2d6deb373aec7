import type { KeyAudit } from '../../../src/main/authority/key-use.ts'
import { encodeJwt } from '../../../src/main/authority/jwt.ts'
import { createNkey } from '../../../src/main/authority/nkey.ts'
import { signerOf } from '../../../src/main/authority/signer.ts'
import { DoctorService } from '../../../src/main/doctor/doctor-service.ts'
import type { Scenario } from './state.ts'

const DAY_SECONDS = 86_400
const UNLIMITED = { subs: -1, data: -1, payload: -1 }

const operator = createNkey('operator')
const account = createNkey('account')
const signingKey = createNkey('account')
const user = createNkey('user')
const seconds = () => Math.floor(Date.now() / 1000)

/** A credential file to show to the fake doctor: revoked, expired, and with one address. */
export const FAKE_CREDENTIAL = JSON.stringify({
  device_id: 'soil-sensor-00007',
  auth_type: 'jwt',
  tenant: 'north-farm',
  nats: { urls: ['tls://192.168.1.20:4222'], jwt: userJwt(), nkey_seed: user.seed },
})

/** The real doctor, in a deployment of one account. */
export function fakeDoctor(scenario: Scenario, audit: KeyAudit): DoctorService {
  const failing = scenario === 'failing'
  const jwt = accountJwt()
  return new DoctorService({
    authority: {
      bootstrap: async () => ({
        operatorJwt: operatorJwt(),
        systemAccount: { name: 'SYS', publicKey: createNkey('account').publicKey, jwt },
        accounts: [{ name: 'north-farm', publicKey: account.publicKey, jwt }],
      }),
      tenants: () => [{ name: 'north-farm', account: account.publicKey }],
      ledger: { entry: () => undefined, entriesOfKey: () => [], credentialsOf: () => [] },
    },
    servers: {
      connected: () => !failing,
      lookUpClaims: async () => jwt,
      request: async () =>
        JSON.stringify({ server: { time: new Date(Date.now() + 41_000).toISOString() } }),
      countConnections: async () => ({ ofAccount: 412, ofUser: 0, mostSubscriptions: 0 }),
    },
    now: () => new Date(),
    audit,
    saveFile: async () => ({ type: 'saved', path: '/home/kim/access-soil-sensor-00007.txt' }),
    mesh: () => undefined,
    deviceUrls: () => ['tls://192.168.1.20:4222'],
  })
}

function operatorJwt(): string {
  const { publicKey } = operator
  return encodeJwt(
    { name: 'muster', subject: publicKey, type: 'operator', nats: {}, issuedAt: seconds() },
    signerOf(operator.seed),
  )
}

function accountJwt(): string {
  return encodeJwt(
    {
      name: 'north-farm',
      subject: account.publicKey,
      type: 'account',
      nats: {
        limits: { ...UNLIMITED, conn: 500 },
        signing_keys: [signingKey.publicKey],
        revocations: { [user.publicKey]: seconds() - DAY_SECONDS },
      },
      issuedAt: seconds() - DAY_SECONDS,
    },
    signerOf(operator.seed),
  )
}

function userJwt(): string {
  const lists = { allow: ['device-connect.north-farm.>', '_INBOX.>'] }
  return encodeJwt(
    {
      name: 'soil-sensor-00007',
      subject: user.publicKey,
      type: 'user',
      nats: {
        pub: { ...lists, deny: ['device-connect.north-farm.*.cmd'] },
        sub: lists,
        resp: { max: 1, ttl: 300_000_000_000 },
        ...UNLIMITED,
        issuer_account: account.publicKey,
      },
      issuedAt: seconds() - 92 * DAY_SECONDS,
      expiresAt: seconds() - 2 * DAY_SECONDS,
    },
    signerOf(signingKey.seed),
  )
}
