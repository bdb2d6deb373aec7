import { generateIdentity, identityToRecipient } from 'age-encryption'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Laptops, snapshotOf, upload, whenConnected, type Laptop } from './support/laptops.ts'

// A key pair: stretching a passphrase takes a second, and is tested where kits are sealed.
const identity = await generateIdentity()
const keyhole = { kind: 'identity', identity } as const
const stranger = { kind: 'identity', identity: await generateIdentity() } as const
const sealing = { kind: 'recipients', recipients: [await identityToRecipient(identity)] } as const

let laptops: Laptops

beforeEach(async () => {
  laptops = await Laptops.begin()
})
afterEach(() => laptops.end())

const laptop = (name: string) => laptops.open(name)

async function siteWith(tenants: readonly string[]) {
  const site = await laptop('old')
  const [first = '', ...others] = tenants
  await site.client.mesh.createLocal({
    dialect: 'device-connect',
    tenant: first,
    reach: { kind: 'loopback' },
  })
  for (const name of others) await site.client.tenants.create({ name })
  return site
}

async function holderOf(site: Laptop, name: string) {
  const { holders } = await site.client.keys.overview()
  const holder = holders.find((each) => each.name === name)
  if (holder === undefined) throw new Error(`There is no account ${name}.`)
  return holder
}

async function kitOf(site: Laptop) {
  await site.client.recovery.createKit({
    form: 'file',
    sealing: { ...sealing, recipients: [...sealing.recipients] },
  })
  return { text: site.last().bytes.toString('utf8'), keyhole }
}

describe('a recovery kit', () => {
  test('is rehearsed, then carries the identity keys while daily work goes on without them', async () => {
    const site = await siteWith(['plant'])
    const { recovery, tenants } = site.client
    expect((await recovery.state()).advice).toBe('make')
    const kit = await kitOf(site)
    expect(site.last().name).toMatch(/\.muster-kit\.age$/)
    expect((await recovery.state()).advice).toBe('rehearse')
    await expect(recovery.rehearse({ ...kit, keyhole: stranger })).rejects.toMatchObject({
      data: { code: 'KIT_NOT_OPENED' },
    })
    const rehearsal = await recovery.rehearse(kit)
    expect(rehearsal.missing).toEqual([])
    expect(new Set(rehearsal.keys.map(({ outcome }) => outcome))).toEqual(new Set(['signs']))
    expect((await recovery.state()).advice).toBe('none')

    const offline = await recovery.moveOffline(kit)
    expect(offline.identities.map(({ place }) => place)).toEqual(
      offline.identities.map(() => 'offline'),
    )
    // A new tenant takes the operator's signing key only; its own identity is new, and in no kit yet.
    expect(await tenants.create({ name: 'annex' })).toMatchObject({ state: 'ready' })
    expect((await recovery.state()).advice).toBe('renew')
    await expect(
      recovery.createKit({
        form: 'file',
        sealing: { ...sealing, recipients: [...sealing.recipients] },
      }),
    ).rejects.toMatchObject({
      data: { code: 'KIT_INCOMPLETE' },
    })
    await expect(recovery.moveOffline(kit)).rejects.toMatchObject({
      data: { code: 'KIT_LACKS_KEYS' },
    })

    const lent = await recovery.lend({ kit, minutes: 5 })
    expect(lent.lentUntil).not.toBeNull()
    const renewed = await kitOf(site)
    expect((await recovery.rehearse(renewed)).missing).toEqual([])
    expect((await recovery.endLending()).lentUntil).toBeNull()
    const back = await recovery.bringBack(renewed)
    expect(new Set(back.identities.map(({ place }) => place))).toEqual(new Set(['here']))
  })

  test('on paper opens from the codes and from the lines of the page', async () => {
    const site = await siteWith(['plant'])
    await site.client.recovery.createKit({
      form: 'page',
      sealing: { ...sealing, recipients: [...sealing.recipients] },
    })
    const page = site.last().bytes.toString('utf8')
    const lines = /<pre>([^<]+)<\/pre>/u.exec(page)?.[1] ?? ''
    const rehearsal = await site.client.recovery.rehearse({ text: lines, keyhole })
    expect(rehearsal.missing).toEqual([])
    for (const { publicKey } of rehearsal.keys) expect(page).toContain(publicKey)
    expect(page).not.toMatch(/S[OA][A-Z2-7]{56}/)
    expect(page).not.toContain('<script')
  })

  test('and a backup bring a deployment back on a new laptop, keys of roles and all', async () => {
    const old = await siteWith(['plant', 'annex'])
    const plant = await holderOf(old, 'plant')
    const account = plant.publicKey
    await old.client.keys.addRole({ account, role: 'viewer', tenant: 'plant' })
    const signingKey = plant.signingKeys.find(({ role }) => role === null)?.publicKey ?? ''
    await old.client.keys.rotate({ account, signingKey, cut: true })
    // The key that was rotated away is in no kit, and nobody misses it.
    const kit = await kitOf(old)
    await old.client.recovery.backUp()
    const backup = old.last().bytes
    const before = await snapshotOf(await old.client.tenants.watch())
    const operator = (await old.client.recovery.state()).operator
    await old.close()

    const next = await laptop('new')
    const id = await upload(next, backup)
    const restored = await next.client.recovery.restore({ kit, upload: id })
    expect(restored).toMatchObject({ tenants: 2, missing: [] })
    expect((await next.client.recovery.state()).operator).toEqual(operator)
    await whenConnected(next)
    const after = await snapshotOf(await next.client.tenants.watch())
    expect(after.tenants.map(({ name, account }) => [name, account])).toEqual(
      before.tenants.map(({ name, account }) => [name, account]),
    )
    const keys = (await holderOf(next, 'plant')).signingKeys
    expect(keys.map(({ role, held }) => [role, held])).toEqual(
      expect.arrayContaining([
        [null, true],
        ['viewer', true],
      ]),
    )
    // Its keys sign, and the server takes what they signed.
    expect(await next.client.tenants.create({ name: 'third' })).toMatchObject({ state: 'ready' })
  })

  test('on paper brings it back too: keys, also of roles, are made anew beside those that are lost', async () => {
    const old = await siteWith(['plant'])
    const { publicKey: account } = await holderOf(old, 'plant')
    await old.client.keys.addRole({ account, role: 'device', tenant: 'plant' })
    const before = await laptops.deviceOf(old, 'before')
    await old.client.recovery.createKit({
      form: 'page',
      sealing: { ...sealing, recipients: [...sealing.recipients] },
    })
    const text = /<pre>([^<]+)<\/pre>/u.exec(old.last().bytes.toString('utf8'))?.[1] ?? ''
    await old.client.recovery.backUp()
    const backup = old.last().bytes
    await old.close()

    const next = await laptop('new')
    const kit = { text, keyhole }
    const id = await upload(next, backup)
    const restored = await next.client.recovery.restore({ kit, upload: id })
    expect(restored.missing.map(({ purpose }) => purpose)).not.toContain('identity')
    expect(restored.problem).toBeNull()
    expect(restored.remade).toEqual(
      expect.arrayContaining([
        { holder: 'plant', role: null, tenant: null },
        { holder: 'plant', role: 'device', tenant: 'plant' },
      ]),
    )
    // The lost key stays in the account, so that whoever it signed for notices nothing.
    const scoped = (await holderOf(next, 'plant')).signingKeys.filter(({ role }) => role !== null)
    expect(scoped.map(({ held, inUse }) => [held, inUse])).toEqual([
      [true, true],
      [false, false],
    ])
    await before.device?.whenState('online')
    const after = await laptops.deviceOf(next, 'after')
    expect(await laptops.issuerOf(after)).toBe(scoped[0]?.publicKey)
    expect(await laptops.issuerOf(before)).toBe(scoped[1]?.publicKey)
    await before.device?.whenState('online')
    expect(await next.client.tenants.create({ name: 'second' })).toMatchObject({ state: 'ready' })
    // Nothing is left to do, and nothing is done a second time after a restart.
    const { unfinished } = await snapshotOf(await next.client.keys.watch())
    expect(unfinished).toEqual([])
  })

  test('restores nothing where something is wrong, and says what', async () => {
    const old = await siteWith(['plant'])
    const kit = await kitOf(old)
    await old.client.recovery.backUp()
    const backup = old.last().bytes
    const id = await upload(old, backup)
    await expect(old.client.recovery.restore({ kit, upload: id })).rejects.toMatchObject({
      data: { code: 'PROFILE_HAS_OPERATOR' },
    })
    await old.close()

    const next = await laptop('new')
    const damaged = Buffer.from(backup)
    damaged.fill(7, 40, 90)
    const attempts = [
      [damaged, 'BACKUP_UNUSABLE'],
      [backup.subarray(0, backup.length - 500), 'BACKUP_UNUSABLE'],
      [Buffer.from('hello'), 'BACKUP_UNUSABLE'],
    ] as const
    for (const [bytes, code] of attempts) {
      const bad = await upload(next, bytes)
      await expect(next.client.recovery.restore({ kit, upload: bad })).rejects.toMatchObject({
        data: { code },
      })
    }
    const good = await upload(next, backup)
    const wrong = { ...kit, keyhole: stranger }
    await expect(next.client.recovery.restore({ kit: wrong, upload: good })).rejects.toMatchObject({
      data: { code: 'KIT_NOT_OPENED' },
    })
    expect((await next.client.recovery.state()).operator).toBeNull()
    expect(await next.client.recovery.restore({ kit, upload: good })).toMatchObject({ missing: [] })
  })
})
