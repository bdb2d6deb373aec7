import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CommissioningUpdate } from '#shared/contract/commissioning.ts'
import type { Logger } from '../../../src/main/log/logger.ts'
import type { CommissioningFaults } from '../../../src/simulator/commissioning-faults.ts'
import { until } from '../../support/until.ts'
import {
  ended,
  openSite,
  PIN,
  requestFor,
  ShiftedClock,
  type Site,
  stepRuns,
  stepsOf,
  TENANT,
} from './site.ts'

let site: Site

beforeEach(async () => {
  site = await openSite()
})
afterEach(() => site.stop())

/** A device that takes the request and then nothing more; `asked` resolves when it has it. */
async function deafDevice(deviceId: string) {
  const clock = new ShiftedClock()
  const faults = { commissionDelayMs: 60_000 }
  const device = await site.addDevice(deviceId, { clock, faults })
  site.arrivals.keys.set(device.publicKey, deviceId)
  return { device, asked: clock.whenWaitedFor(faults.commissionDelayMs) }
}

/** A device whose key the site knows. */
async function knownDevice(deviceId: string, faults: CommissioningFaults = {}) {
  const device = await site.addDevice(deviceId, { faults })
  site.arrivals.keys.set(device.publicKey, deviceId)
  return device
}

describe('a device that does as it should', () => {
  test('is shown before the PIN is asked, with a fingerprint to compare', async () => {
    const device = await knownDevice('pump-1')
    const inspection = await site.service().inspect('pump-1', new AbortController().signal)
    expect(inspection).toEqual({
      key: 'pump-1',
      deviceId: 'pump-1',
      deviceType: 'pump',
      capabilities: ['start'],
      state: 'uncommissioned',
      address: `127.0.0.1:${device.port}`,
      publicKey: device.publicKey,
      fingerprint: expect.stringMatching(/^([A-Z2-7]{4}-){3}[A-Z2-7]{4}$/),
      seedWouldTravel: false,
    })
  })

  test('goes through all four steps and is online; the credential counts from then on', async () => {
    const device = await knownDevice('pump-1')
    const service = site.service()
    const job = service.start(
      requestFor(device, { name: 'North pump', deviceType: 'irrigation', zone: 'Zone A' }),
    )
    expect(job).toMatchObject({ state: 'running', deviceId: 'pump-1', deviceType: 'irrigation' })
    const done = await ended(service, job.id)
    expect(stepsOf(done)).toBe('info done, issue done, deliver done, online done')
    expect(done).toMatchObject({ state: 'done', problem: null, endedAt: expect.any(String) })
    expect(site.issuer.ledger).toMatchObject([
      {
        state: 'active',
        publicKey: device.publicKey,
        name: 'North pump · irrigation · Zone A',
        validDays: 90,
      },
    ])
    expect(device.state).toBe('commissioned')
    const minutes = (Date.parse(done.onlineDeadline!) - Date.parse(done.startedAt)) / 60_000
    expect(minutes).toBeCloseTo(30, 0)
  })

  test('gets a key, seed included, where it has none, and is asked for that beforehand', async () => {
    const device = await site.addDevice('old-1', { reportsKey: false })
    const service = site.service()
    const inspection = await service.inspect('old-1', new AbortController().signal)
    expect(inspection).toMatchObject({ publicKey: null, fingerprint: null, seedWouldTravel: true })
    const job = service.start(requestFor(device, { publicKey: null }))
    await stepRuns(service, job.id, 'online')
    site.arrivals.keys.set(site.issuer.ledger[0]!.publicKey, 'old-1')
    // The key is known only now, so the proof is asked for again by a new service.
    await service.close()
    const next = site.service()
    next.resume()
    await until('the credential counts', () => site.issuer.states()[0] === 'active')
  })

  test('twenty at once, each with a job of its own', async () => {
    const service = site.service()
    const devices = await Promise.all(
      Array.from({ length: 20 }, (_, index) => knownDevice(`pump-${index}`)),
    )
    const jobs = devices.map((device) => service.start(requestFor(device)))
    const done = await Promise.all(jobs.map(({ id }) => ended(service, id)))
    expect(done.every(({ state }) => state === 'done')).toBe(true)
  })

  test('neither the progress of a job nor the log holds its PIN, its key or its credential', async () => {
    const lines: unknown[] = []
    const write = (...line: unknown[]) => void lines.push(...line)
    const log: Logger = { debug: write, info: write, warn: write, error: write, part: () => log }
    const service = site.service({ log })
    const updates: CommissioningUpdate[] = []
    service.subscribe((update) => void updates.push(update))
    const devices = [await knownDevice('pump-1'), await knownDevice('pump-2')]
    devices[1]?.setFaults({ commission: 'server-error' })
    const jobs = devices.map((device) => service.start(requestFor(device)))
    await Promise.all(jobs.map(({ id }) => ended(service, id)))
    const text = inspect([updates, lines], { depth: 20, maxStringLength: null })
    expect(lines.length).toBeGreaterThan(0)
    for (const secret of [PIN, PIN.replace('-', ''), 'nkey_seed', 'jwt']) {
      expect(text).not.toContain(secret)
    }
    expect(text).not.toMatch(/S[OAU][A-Z2-7]{56}/)
  })
})

describe('what is refused before anything is sent', () => {
  test.each(['1234-567', '12345678901', 'abcdefgh', '4711 081O'])(
    'a malformed PIN (%s) uses up no attempt',
    async (pin) => {
      const device = await knownDevice('pump-1')
      const service = site.service()
      expect(() => service.start(requestFor(device, { pin }))).toThrow(
        expect.objectContaining({ code: 'PIN_MALFORMED' }),
      )
      const { id } = service.start(requestFor(device, { pin: '00000000' }))
      expect((await ended(service, id)).problem?.details).toEqual({ attemptsLeft: 2 })
    },
  )

  test('a device that is not listed', () => {
    const request = { key: 'gone', pin: PIN, tenant: TENANT, publicKey: null }
    expect(() => site.service().start(request)).toThrow(
      expect.objectContaining({ code: 'DEVICE_NOT_LISTED' }),
    )
  })

  test('a second job for the same device, by either of its keys', async () => {
    const device = await knownDevice('pump-1', { infoDelayMs: 200 })
    site.endpoints.set('by-address', { ...site.endpoints.get('pump-1')!, key: 'by-address' })
    const service = site.service()
    const { id } = service.start(requestFor(device))
    for (const key of ['pump-1', 'by-address']) {
      expect(() => service.start(requestFor(device, { key }))).toThrow(
        expect.objectContaining({ code: 'COMMISSIONING_RUNNING', kind: 'conflict' }),
      )
    }
    expect((await ended(service, id)).state).toBe('done')
  })

  test('a device id that two hosts claim, where no key tells them apart', async () => {
    const device = await site.addDevice('old-1', { reportsKey: false })
    site.endpoints.set('old-1', { ...site.endpoints.get('old-1')!, conflict: true })
    const service = site.service()
    const { id } = service.start(requestFor(device, { publicKey: null }))
    const job = await ended(service, id)
    expect(job.problem?.code).toBe('DEVICE_ID_CLAIMED_TWICE')
    expect(site.issuer.ledger).toEqual([])
  })
})

describe('what the device itself shows before the PIN is sent', () => {
  test.each<[string, CommissioningFaults, string]>([
    ['another id than it was found by', { infoDeviceId: 'pump-2' }, 'DEVICE_ID_MISMATCH'],
    ['a key that is none', { infoNkey: 'UABC' }, 'DEVICE_KEY_INVALID'],
    [
      'another key than the one that was confirmed',
      { infoNkey: 'UBNH3ZAVFKTTVUZ5TVEFUPDBWYOPVBRIGBRZWGZC3PLYVHBA2OKSPVXU' },
      'DEVICE_KEY_',
    ],
    ['nonsense', { info: 'malformed' }, 'DEVICE_REPLY_MALFORMED'],
    ['a megabyte', { info: 'huge' }, 'DEVICE_REPLY_TOO_LARGE'],
    ['bytes without an end', { info: 'never-ending' }, 'DEVICE_(REPLY_TOO_LARGE|TIMEOUT)'],
    ['nothing', { info: 'stalled' }, 'DEVICE_TIMEOUT'],
    ['a redirect', { info: 'redirect' }, 'DEVICE_REDIRECTED'],
    ['an error', { info: 'server-error' }, 'DEVICE_REFUSED'],
    ['half an answer', { info: 'dies' }, 'DEVICE_CONNECTION_LOST'],
  ])('%s: fails with its own code and issues nothing', async (_what, faults, code) => {
    const device = await knownDevice('pump-1', faults)
    const service = site.service()
    const { id } = service.start(requestFor(device))
    const job = await ended(service, id)
    expect(job.problem?.code).toMatch(new RegExp(`^${code}`))
    expect(stepsOf(job)).toBe('info failed, issue waiting, deliver waiting, online waiting')
    expect(site.issuer.ledger).toEqual([])
    expect(device.state).toBe('uncommissioned')
  })

  test('a device that was commissioned meanwhile is left alone', async () => {
    const device = await knownDevice('pump-1')
    const first = site.service()
    await ended(first, first.start(requestFor(device)).id)
    const second = site.service()
    const job = await ended(second, second.start(requestFor(device)).id)
    expect(job.problem?.code).toBe('DEVICE_ALREADY_COMMISSIONED')
    expect(site.issuer.states()).toEqual(['active'])
  })

  test('hostile text arrives without control characters, and as text', async () => {
    await knownDevice('pump-1', { hostileText: true })
    const inspection = await site.service().inspect('pump-1', new AbortController().signal)
    const text = JSON.stringify(inspection)
    expect(text).not.toMatch(/\\u00|[\p{Cc}\p{Cf}]/u)
    expect(inspection.deviceType).toContain('<img src=x onerror=alert(1)>')
  })
})

describe('what the device says to the PIN', () => {
  test('wrong three times: attempts left, then locked with the time it opens, and open again', async () => {
    const clock = new ShiftedClock()
    const device = await site.addDevice('pump-1', { clock })
    site.arrivals.keys.set(device.publicKey, 'pump-1')
    const service = site.service()
    const attempt = async (pin: string) =>
      ended(service, service.start(requestFor(device, { pin })).id)
    for (const attemptsLeft of [2, 1, 0]) {
      const job = await attempt('0000-0000')
      expect(job.problem).toMatchObject({ code: 'PIN_REJECTED', details: { attemptsLeft } })
      expect(stepsOf(job)).toBe('info done, issue undone, deliver failed, online waiting')
    }
    const locked = await attempt(PIN)
    expect(locked.problem?.code).toBe('DEVICE_LOCKED')
    const opensInMs = Date.parse(String(locked.problem?.details['opensAt'])) - Date.now()
    expect(opensInMs).toBeGreaterThan(3_590_000)
    clock.shiftMs = 3_601_000
    expect((await attempt(PIN)).state).toBe('done')
    expect(site.issuer.states()).toEqual([
      'withdrawn',
      'withdrawn',
      'withdrawn',
      'withdrawn',
      'active',
    ])
  })

  test.each<[string, CommissioningFaults, string]>([
    ['refuses the connection', { commission: 'refused' }, 'DEVICE_UNREACHABLE'],
    ['fails', { commission: 'server-error' }, 'DEVICE_REFUSED'],
    ['sends on', { commission: 'redirect' }, 'DEVICE_REDIRECTED'],
    ['answers nonsense', { commission: 'malformed' }, 'DEVICE_REPLY_MALFORMED'],
    ['answers a megabyte', { commission: 'huge' }, 'DEVICE_REPLY_TOO_LARGE'],
    ['never answers', { commission: 'stalled' }, 'DELIVERY_NOT_TAKEN'],
    ['breaks off before it took it', { commission: 'dies-before-taking' }, 'DELIVERY_NOT_TAKEN'],
  ])('%s: what was issued is withdrawn', async (_what, faults, code) => {
    const device = await knownDevice('pump-1', faults)
    const service = site.service()
    const { id } = service.start(requestFor(device))
    const job = await ended(service, id)
    expect(job).toMatchObject({ state: 'failed', problem: { code } })
    expect(stepsOf(job)).toBe('info done, issue undone, deliver failed, online waiting')
    expect(site.issuer.states()).toEqual(['withdrawn'])
  })

  test('an answer that got lost after the device took it does not cost the device', async () => {
    const device = await knownDevice('pump-1', { commission: 'dies-after-taking' })
    const service = site.service()
    const { id } = service.start(requestFor(device))
    const job = await ended(service, id)
    expect(job.state).toBe('done')
    expect(site.issuer.states()).toEqual(['active'])
  })

  test('a device that vanishes with its answer is waited for, with a remark', async () => {
    const { device, asked } = await deafDevice('pump-1')
    const service = site.service()
    const { id } = service.start(requestFor(device))
    await asked
    await device.stop()
    const waiting = await stepRuns(service, id, 'online')
    expect(waiting.steps[2]).toMatchObject({
      name: 'deliver',
      state: 'done',
      problem: { code: 'DELIVERY_UNCONFIRMED' },
    })
    expect(site.issuer.states()).toEqual(['pending'])
    site.arrivals.arrived('pump-1')
    const job = await ended(service, id)
    expect(job.state).toBe('done')
    expect(job.steps[2]?.problem).toBeNull()
  })

  test('a device that vanishes and comes back uncommissioned fails, and can be tried again', async () => {
    const { device, asked } = await deafDevice('pump-1')
    const service = site.service()
    const { id } = service.start(requestFor(device))
    await asked
    const { port, publicKey } = device
    await device.stop()
    await stepRuns(service, id, 'online')
    await site.addDevice('pump-1', { port, faults: { infoNkey: publicKey } })
    const job = await ended(service, id)
    expect(job).toMatchObject({ state: 'failed', problem: { code: 'DELIVERY_NOT_TAKEN' } })
    expect(site.issuer.states()).toEqual(['withdrawn'])
  })
})

describe('a device that took its credential and does not connect', () => {
  test('loses it at the deadline', async () => {
    const device = await knownDevice('pump-1', { commission: 'never-online' })
    const service = site.service({
      settings: { get: () => ({ pendingDeadlineMinutes: 0.005, credentialDays: 90 }) },
    })
    const { id } = service.start(requestFor(device))
    const job = await ended(service, id)
    expect(job).toMatchObject({ state: 'failed', problem: { code: 'DEVICE_DID_NOT_CONNECT' } })
    expect(job.problem?.message).toContain(site.server.url)
    expect(stepsOf(job)).toBe('info done, issue undone, deliver done, online failed')
    expect(site.issuer.states()).toEqual(['withdrawn'])
  })

  test('does not count as online by its name alone: its key has to be seen', async () => {
    const device = await knownDevice('pump-1')
    site.arrivals.provesKeys = false
    const service = site.service({
      settings: { get: () => ({ pendingDeadlineMinutes: 0.01, credentialDays: 90 }) },
    })
    const job = await ended(service, service.start(requestFor(device)).id)
    expect(job.problem?.code).toBe('DEVICE_DID_NOT_CONNECT')
    expect(site.issuer.states()).toEqual(['withdrawn'])
  })

  test('is withdrawn later where the mesh is down at the deadline', async () => {
    const device = await knownDevice('pump-1', { commission: 'never-online' })
    site.issuer.failingWithdrawals = 1
    const service = site.service({
      settings: { get: () => ({ pendingDeadlineMinutes: 0.005, credentialDays: 90 }) },
    })
    const job = await ended(service, service.start(requestFor(device)).id)
    expect(stepsOf(job)).toBe('info done, issue undo-failed, deliver done, online failed')
    await until('the withdrawal succeeds', () => site.issuer.states()[0] === 'withdrawn')
  })
})

describe('cancelling', () => {
  test('before the delivery leaves nothing behind', async () => {
    const device = await knownDevice('pump-1', { infoDelayMs: 5_000 })
    const service = site.service({})
    const { id } = service.start(requestFor(device))
    await stepRuns(service, id, 'info')
    const job = await service.cancel(id)
    expect(job).toMatchObject({ state: 'cancelled', problem: null })
    expect(site.issuer.ledger).toEqual([])
    expect(device.state).toBe('uncommissioned')
  })

  test('after the delivery withdraws the credential and says what that means', async () => {
    const device = await knownDevice('pump-1', { commission: 'never-online' })
    const service = site.service()
    const { id } = service.start(requestFor(device))
    await stepRuns(service, id, 'online')
    const job = await service.cancel(id)
    expect(job).toMatchObject({
      state: 'cancelled',
      problem: { code: 'CANCELLED_AFTER_DELIVERY' },
    })
    expect(job.problem?.advice).toContain('factory settings')
    expect(site.issuer.states()).toEqual(['withdrawn'])
    expect(await service.cancel(id)).toEqual(job)
  })

  test('while the answer is awaited says that the device may have taken it', async () => {
    const { device, asked } = await deafDevice('pump-1')
    const service = site.service()
    const { id } = service.start(requestFor(device))
    await asked
    const job = await service.cancel(id)
    expect(job.problem?.message).toContain('may have been taking')
    expect(site.issuer.states()).toEqual(['withdrawn'])
  })

  test('something unknown is an error', async () => {
    await expect(site.service().cancel('no-such-job')).rejects.toMatchObject({
      code: 'COMMISSIONING_UNKNOWN',
    })
  })
})

describe('over a restart', () => {
  test('a device that holds its credential is waited for again', async () => {
    const device = await knownDevice('pump-1', { commission: 'never-online' })
    const first = site.service()
    const { id } = first.start(requestFor(device))
    await stepRuns(first, id, 'online')
    await first.close()
    expect(site.issuer.states()).toEqual(['pending'])
    const second = site.service()
    second.resume()
    second.resume()
    site.arrivals.arrived('pump-1')
    await until('the credential counts', () => site.issuer.states()[0] === 'active')
  })

  test('what missed its deadline meanwhile is withdrawn', async () => {
    await site.issuer.issue({
      tenant: TENANT,
      deviceId: 'pump-9',
      publicKey: null,
      name: 'pump-9',
      validDays: 90,
      pendingUntil: new Date(Date.now() - 1_000),
    })
    site.service().resume()
    await until('it is withdrawn', () => site.issuer.states()[0] === 'withdrawn')
  })

  test('a job that had delivered nothing is undone', async () => {
    const device = await knownDevice('pump-1')
    const service = site.service()
    site.issuer.onIssue = () => void service.close()
    const { id } = service.start(requestFor(device))
    await ended(service, id)
    expect(site.issuer.states()).toEqual(['withdrawn'])
    expect(device.state).toBe('uncommissioned')
  })
})
