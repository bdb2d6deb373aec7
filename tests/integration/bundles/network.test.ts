import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { connect as tlsConnect } from 'node:tls'
import { credsAuthenticator } from '@nats-io/transport-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BundleJob, BundleOrder } from '../../../src/shared/contract/bundles.ts'
import {
  MAX_WRONG_CODES,
  NetworkDestination,
} from '../../../src/main/bundles/deliver/lan/network-destination.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { serverIdentity } from '../../../src/main/web/server-identity.ts'
import { freeTcpPort } from '../../support/free-tcp-port.ts'
import { until } from '../../support/until.ts'
import { patientConnect } from '../../support/patient-connect.ts'
import { BundleSite, execute } from './support/bundle-site.ts'

let site: BundleSite
let serverUrl: string
let waitMs = 600_000
const seen: boolean[] = []

beforeAll(async () => {
  site = await BundleSite.create()
  serverUrl = `https://127.0.0.1:${await freeTcpPort()}`
  site.openDestination = (choice) => {
    if (choice.kind !== 'network') throw new Error('on the network only')
    return NetworkDestination.open({
      ...choice,
      waitMs,
      identity: () => serverIdentity(site.profile.keychain, new Date()),
      log: silentLogger(),
    })
  }
  const { authority } = site.app
  const strikeAll = authority.strikeAll.bind(authority)
  authority.strikeAll = (ids, reason, wasSeen, signal) => {
    seen.push(wasSeen)
    return strikeAll(ids, reason, wasSeen, signal)
  }
})
afterAll(() => site.close())

function order(device: string, more: Partial<BundleOrder> = {}): BundleOrder {
  return site.order(
    { newDevices: [device], alsoCreds: true },
    {
      name: device,
      destination: { kind: 'network', serverUrl, minutes: 10, allowLoopback: true },
      ...more,
    },
  )
}

/** Begins one and waits until it can be fetched. */
async function waiting(device: string) {
  const { id } = await site.bundles.create(order(device))
  const ticket = site.bundles.newCode(id)
  await until('the bundle', () => jobNow()?.step === 'waiting' || jobNow()?.state !== 'running')
  return { id, ...ticket }
}

function jobNow(): BundleJob | null {
  let job: BundleJob | null = null
  site.bundles.subscribe((update) => {
    ;({ job } = update)
  })()
  return job
}

/** As a browser asks, from an address of its own. */
function take(code: string, from = '127.0.0.1') {
  return new Promise<{ status: number; body: Buffer; type: string }>((resolve, reject) => {
    const asked = request(
      `${serverUrl}/take?code=${encodeURIComponent(code)}`,
      { rejectUnauthorized: false, agent: false, localAddress: from },
      (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: Buffer.concat(parts),
            type: response.headers['content-type'] ?? '',
          }),
        )
      },
    )
    asked.on('error', reject).end()
  })
}

function credentialsOf(device: string) {
  return site.app.authority.ledger
    .entriesOfTenant('north')
    .filter(({ deviceId }) => deviceId === device)
}

test('one command of curl fetches it over TLS, once, and its credential logs in', async () => {
  const { id, code, command } = await waiting('pump-1')
  expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/u)
  await execute('sh', ['-c', command], { cwd: site.folder })
  const { job, receipt } = await site.ended(id)
  expect(job).toMatchObject({ state: 'done', handOver: { from: '127.0.0.1', wrongCodes: 0 } })
  expect(receipt?.destination).toMatchObject({ kind: 'network', label: '127.0.0.1', path: null })

  const archive = join(site.folder, 'pump-1.zip')
  const { stdout } = await execute('sha256sum', [archive])
  expect(receipt?.files).toMatchObject([{ name: 'pump-1.zip', sha256: stdout.slice(0, 64) }])
  const opened = join(site.folder, 'opened')
  await execute('unzip', ['-q', archive, '-d', opened])
  const creds = await readFile(join(opened, 'pump-1.creds'))
  const client = await patientConnect({
    servers: site.url,
    authenticator: credsAuthenticator(creds),
    reconnect: false,
  })
  await client.close()

  await expect(execute('sh', ['-c', command], { cwd: site.folder })).rejects.toThrow(/curl/u)
  expect(() => site.bundles.newCode(id)).toThrow(/no bundle any more/u)
})

test('curl refuses a server with another key, and the code stays good', async () => {
  const { id, code, command } = await waiting('pump-2')
  const other = command.replace(/sha256\/\/[^']+/u, `sha256//${'A'.repeat(43)}=`)
  await expect(execute('sh', ['-c', other], { cwd: site.folder })).rejects.toThrow(/pinned/u)
  // As it is read out: small letters, a space, an O for a zero.
  const spoken = code.toLowerCase().replace('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')
  expect(await take(spoken)).toMatchObject({ status: 200, type: 'application/zip' })
  await expect(site.ended(id)).resolves.toMatchObject({ job: { state: 'done' } })
})

test('a new code is the only one, and a page asks for it that says nothing of the bundle', async () => {
  const { id, code } = await waiting('pump-3')
  const next = site.bundles.newCode(id)
  const wrong = await take(code)
  expect(wrong).toMatchObject({ status: 403 })
  expect(wrong.body.toString()).toContain('This is not the code')
  expect(wrong.body.toString()).not.toContain('pump-3')
  expect(jobNow()?.handOver).toMatchObject({ wrongCodes: 1, wrongFrom: '127.0.0.1' })
  expect((await take('')).status).toBe(403)
  expect((await take(next.code)).status).toBe(200)
  await site.ended(id)
})

test('wrong codes too often end it, and what was issued is struck and not revoked', async () => {
  seen.length = 0
  const { id, code } = await waiting('pump-4')
  const statuses: number[] = []
  for (let tried = 0; tried < MAX_WRONG_CODES; tried += 1) {
    const { status } = await take('WRNG-C0DE', `127.0.0.${2 + Math.floor(tried / 9)}`)
    statuses.push(status)
  }
  expect(new Set(statuses)).toEqual(new Set([403]))
  const { job } = await site.ended(id)
  expect(job).toMatchObject({ state: 'failed', problem: { code: 'HAND_OVER_GUESSED' } })
  await expect(take(code)).rejects.toThrow(/ECONNREFUSED/u)
  expect(credentialsOf('pump-4').map(({ state }) => state)).toEqual(['struck'])
  expect(seen).toEqual([false])
})

test('an address that guesses is refused before it is heard', async () => {
  const { id, code } = await waiting('pump-5')
  for (let tried = 0; tried < 10; tried += 1) await take('WRNG-C0DE', '127.0.0.9')
  expect((await take(code, '127.0.0.9')).status).toBe(429)
  expect((await take(code, '127.0.0.8')).status).toBe(200)
  await site.ended(id)
})

test('nobody comes in time, or it is cancelled: it is taken back, and nothing is revoked', async () => {
  seen.length = 0
  waitMs = 200
  const late = await site.made(order('pump-6'))
  waitMs = 600_000
  expect(late.job).toMatchObject({ state: 'failed', problem: { code: 'HAND_OVER_TIMED_OUT' } })
  const { id } = await waiting('pump-7')
  site.bundles.cancel(id)
  const cancelled = await site.ended(id)
  expect(cancelled.job.state).toBe('cancelled')
  expect(seen).toEqual([false, false])
  expect(credentialsOf('pump-6').map(({ state }) => state)).toEqual(['struck'])
})

test('after a transfer that broke off the code is still good; taken back then, what was issued is revoked', async () => {
  seen.length = 0
  const { id, code } = await waiting('pump-8')
  const socket = createConnection({ port: Number(new URL(serverUrl).port), host: '127.0.0.1' })
  // Behind a stream of its own the socket stays ours, and can be reset.
  const secure = tlsConnect({ socket: Duplex.from(socket), rejectUnauthorized: false })
  secure.on('error', () => undefined)
  const stop = site.bundles.subscribe(({ job }) => {
    if (job?.handOver?.from !== null) socket.resetAndDestroy()
  })
  secure.write(`GET /take?code=${code} HTTP/1.1\r\nhost: muster\r\n\r\n`)
  await until('the end of the transfer', () => jobNow()?.handOver?.problem !== null)
  expect(jobNow()).toMatchObject({
    step: 'waiting',
    handOver: { from: null, problem: { code: 'HAND_OVER_BROKEN' } },
  })
  stop()
  site.bundles.cancel(id)
  await site.ended(id)
  expect(seen).toEqual([true])
})

test('what this computer is not, or means the other one, is refused before anything is issued', async () => {
  const at = (url: string, allowLoopback: boolean) =>
    site.bundles.create(
      order('pump-9', {
        destination: { kind: 'network', serverUrl: url, minutes: 5, allowLoopback },
      }),
    )
  await expect(at(serverUrl, false)).rejects.toMatchObject({ code: 'ENROLL_LOOPBACK' })
  await expect(at('https://192.0.2.1:9444', true)).rejects.toMatchObject({ code: 'ENROLL_URL' })
  await expect(at('http://127.0.0.1:9444', true)).rejects.toMatchObject({ code: 'ENROLL_URL' })
  expect(credentialsOf('pump-9')).toEqual([])
})
