import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { double } from '../../../tests/support/keyring-double.ts'
import { noAudit } from '../../../tests/support/no-audit.ts'
import { Authority } from '../authority/authority.ts'
import { AUTHORITY_MIGRATIONS } from '../authority/migrations.ts'
import { silentLogger } from '../log/logger.ts'
import { openDatabase } from '../storage/database.ts'
import { KeychainService } from './keychain-service.ts'
import type { KeyringBinding } from './os-store.ts'

let folder: string
let database: DatabaseSync
const services: KeychainService[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-closed-'))
  database = openDatabase(join(folder, 'muster.db'), AUTHORITY_MIGRATIONS).database
})
afterEach(async () => {
  for (const service of services.splice(0)) await service.close()
  database.close()
  await rm(folder, { recursive: true })
})

/** A start of the app on this profile, with that keychain of the system. */
async function start(binding: KeyringBinding, platform: NodeJS.Platform) {
  const keychain = new KeychainService({
    folder,
    packaged: true,
    log: silentLogger(),
    os: { platform, loadBinding: () => Promise.resolve(binding) },
  })
  services.push(keychain)
  const status = await keychain.open()
  const authority = new Authority({
    audit: noAudit,
    database,
    keychain,
    publisher: {
      publish: () => Promise.reject(new Error('no server')),
      remove: () => Promise.reject(new Error('no server')),
      requireUnchanged: () => Promise.resolve(),
    } as never,
    log: silentLogger(),
    profileFolder: folder,
  })
  return { status, setUp: () => authority.setUp({ dialect: 'device-connect' }) }
}

const refusing = (text: string) =>
  double({
    onCall: () => {
      throw new Error(text)
    },
  })

async function filesOfProfile(): Promise<string> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('muster.db'))
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'latin1')))
  const database_ = await readFile(join(folder, 'muster.db'), 'latin1')
  return [...names, ...texts, database_].join('\n')
}

/** The states of a keychain that is not open, and how the systems bring them about. */
const CLOSED = [
  { state: 'locked', binding: () => refusing('User interaction is not allowed.') },
  { state: 'denied', binding: () => refusing('User canceled the operation.') },
  {
    state: 'no-service',
    binding: () => refusing('no secret service provider or dbus session found'),
  },
  { state: 'no-service', binding: () => refusing('Secret Service: no result found') },
  // Another user's, or one that was made anew: it works, and it is empty.
  { state: 'changed', binding: () => double() },
] as const

test.each(CLOSED)(
  'a keychain that is $state makes no second operator and writes no key anywhere else',
  async ({ state, binding }) => {
    const own = double()
    const first = await start(own, 'darwin')
    expect(first.status.state).toBe('open')
    const operator = await first.setUp()
    await services[0]?.close()

    const other = binding()
    const closed = await start(other, 'darwin')
    expect(closed.status.state).toBe(state)
    expect(closed.status.advice).not.toBe('')
    await expect(closed.setUp()).rejects.toMatchObject({
      code: expect.stringMatching(/^KEYCHAIN_/u) as string,
    })
    expect([...other.stored.values()].join()).not.toMatch(/S[OA][A-Z2-7]{56}/u)
    await services[1]?.close()

    const again = await start(own, 'darwin')
    expect(await again.setUp()).toEqual(operator)
    expect(await filesOfProfile()).not.toMatch(/S[OA][A-Z2-7]{56}|keychain\.vault/u)
  },
)

test.each(CLOSED.slice(0, 4))(
  'on a first run a keychain that is $state gets no operator, and nothing is written in its place',
  async ({ state, binding }) => {
    const { status, setUp } = await start(binding(), 'darwin')
    // Where there is none at all a vault is offered, and waits for its passphrase.
    expect(status.state).toBe(state === 'no-service' ? 'uninitialised' : state)
    await expect(setUp()).rejects.toMatchObject({
      code: expect.stringMatching(/^KEYCHAIN_/u) as string,
    })
    expect((await readdir(folder)).filter((name) => name.startsWith('keychain'))).toEqual([])
  },
)

test('the kernel’s keyring alone is refused on a first run, and holds nothing afterwards', async () => {
  // It keeps what it is given, and no Secret Service knows of it.
  const kernel = double({ listsNothing: true })
  const { status, setUp } = await start(kernel, 'linux')
  expect(status.state).toBe('kernel-keyring')
  await expect(setUp()).rejects.toMatchObject({ code: 'KEYCHAIN_KERNEL_ONLY' })
  expect(kernel.stored.size).toBe(0)
})
