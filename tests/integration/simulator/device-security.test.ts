import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createUser } from '@nats-io/nkeys'
import { jwtAuthenticator } from '@nats-io/transport-node'
import { expect, onTestFinished, test } from 'vitest'
import { startDevice, type SimulatedDevice } from '../../../src/simulator/device.ts'
import { startNatsServer } from '../../support/nats-server.ts'
import { createTestOperator } from './test-operator.ts'
import { openCredentials, probeDevice, startTestRegistry } from './test-registry.ts'

const FLEET = 200

function newKey() {
  const key = createUser()
  return { publicKey: key.getPublicKey(), seed: Buffer.from(key.getSeed()).toString() }
}

test('logs in with a JWT for its own key, or with a seed from the credentials', async () => {
  const operator = await createTestOperator()
  const server = await startNatsServer(operator)
  onTestFinished(() => server.stop())
  const own = newKey()
  const jwt = await operator.issue(own.publicKey, 'probe-1')
  const credentials = openCredentials('probe-1', server.url)
  const withJwt = { ...credentials, nats: { ...credentials.nats, jwt } }

  const holding = startDevice({
    description: probeDevice('probe-1'),
    credentials: withJwt,
    seed: own.seed,
  })
  await holding.whenState('registering')
  await holding.crash()

  const given = startDevice({
    description: probeDevice('probe-1'),
    credentials: { ...withJwt, nats: { ...withJwt.nats, nkey_seed: own.seed } },
  })
  await given.whenState('registering')
  await given.crash()

  const wrong = startDevice({
    description: probeDevice('probe-1'),
    credentials: withJwt,
    seed: newKey().seed,
  })
  await expect.poll(() => wrong.lastFailure).toMatch(/authorization violation/i)
  expect(wrong.state).toBe('connecting')
  await wrong.crash()
})

test('stops at once where the seed is not one', async () => {
  const device = startDevice({
    description: probeDevice('probe-1'),
    credentials: {
      ...openCredentials('probe-1', 'nats://127.0.0.1:1'),
      nats: { urls: ['nats://127.0.0.1:1'], jwt: 'a.b.c', nkey_seed: 'SUBAD' },
    },
  })
  await expect(device.whenState('online')).rejects.toThrow(/not an nkey seed/)
})

test('two hundred devices of one process log in and register within five seconds', async () => {
  const operator = await createTestOperator()
  const server = await startNatsServer(operator)
  onTestFinished(() => server.stop())
  const key = newKey()
  const jwt = await operator.issue(key.publicKey, 'fleet')
  const authenticator = jwtAuthenticator(jwt, Buffer.from(key.seed))
  const registry = await startTestRegistry(server.url, 'device-connect', { authenticator })
  onTestFinished(() => registry.close())

  const startedAt = performance.now()
  const devices = Array.from({ length: FLEET }, (_, index): SimulatedDevice => {
    const credentials = openCredentials(`probe-${index}`, server.url)
    return startDevice({
      description: probeDevice(`probe-${index}`),
      credentials: { ...credentials, nats: { ...credentials.nats, jwt } },
      seed: key.seed,
    })
  })
  await Promise.all(devices.map((device) => device.whenState('online')))
  const seconds = (performance.now() - startedAt) / 1000
  await Promise.all(devices.map((device) => device.stop({ goodbye: false })))
  expect(new Set(registry.registrations.map((it) => it['device_id'])).size).toBe(FLEET)
  expect(seconds).toBeLessThan(5)
})

test('trusts the certificate authority in its credentials, over TLS and secure WebSocket', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-ca-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost']
  const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  execFileSync(
    'openssl',
    [...kind, '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...subject],
    {
      stdio: 'ignore',
    },
  )
  const tls = `tls { cert_file: "${cert}", key_file: "${key}" }`
  const server = await startNatsServer({
    config: `${tls}\nwebsocket { listen: "127.0.0.1:-1", ${tls} }`,
  })
  onTestFinished(() => server.stop())
  const ca_pem = readFileSync(cert, 'utf8')
  for (const url of [server.url.replace('nats:', 'tls:'), server.wsUrl ?? '']) {
    const device = startDevice({
      description: probeDevice('probe-1'),
      credentials: {
        ...openCredentials('probe-1', url),
        nats: { urls: [url], jwt: '', tls: { ca_pem } },
      },
    })
    await device.whenState('registering')
    await device.crash()
  }
  const stranger = startDevice({
    description: probeDevice('probe-1'),
    credentials: openCredentials('probe-1', server.url.replace('nats:', 'tls:')),
  })
  await expect.poll(() => stranger.lastFailure).toMatch(/self-signed/)
  await stranger.crash()
})
