import { copyFile, mkdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Locator, Page } from '@playwright/test'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import type { SavedFile } from '#shared/contract/common.ts'
import { connectClient, type Client } from '../scripts/lib/contract-client.ts'
import { encodeJwt } from '../src/main/authority/jwt.ts'
import { createNkey } from '../src/main/authority/nkey.ts'
import { signerOf } from '../src/main/authority/signer.ts'
import { MadeStore } from '../tests/support/nsc-made-store.ts'
import { exposedBy } from '../tests/support/processes.ts'
import type { Devices } from './support/devices.ts'
import { Muster } from './support/muster.ts'
import * as flows from './support/secrets/authority-flows.ts'
import { deviceSecrets, seedSecrets, vaultSecrets } from './support/secrets/known-secrets.ts'
import type { PageRecorder, Passage } from './support/secrets/page-recorder.ts'
import { filesIn } from './support/secrets/profile-bytes.ts'
import {
  isPublicClaim,
  PLANTED,
  remainsOf,
  test,
  together,
} from './support/secrets/recorded-test.ts'
import { SecretSearch, type Secret } from './support/secrets/secret-search.ts'
import { expect } from './support/test.ts'

const PASSPHRASE = 'nine ferries under a low sun'
const KIT_PASSPHRASE = 'an orange barge, slowly turning'
const OWN = 'north'
const MADE = 'south'
const BATCH = 2
/** Three Musters, one after the other, and a search through all that they leave. */
const TIMEOUT_MS = 480_000

test.use({ keys: 'vault', trace: 'off' })

// What it records are the wires of the browser host.
test(
  'no key, credential or passphrase that the authority handles comes out where it should not',
  { tag: '@link' },
  async ({ bareMuster, devices, recorder, deviceFolder }) => {
    test.setTimeout(TIMEOUT_MS)
    const site = new Site(bareMuster, recorder, deviceFolder)
    const others: Muster[] = []
    const store = await MadeStore.create()
    try {
      await test.step('everything is used', () => useEverything(site, devices))
      const { heap, storage, session } = await remainsOf(recorder)
      await recorder.page.close()
      const { kept, kit, backup } = site

      const exposed = [await exposedBy(bareMuster.pid)]
      const running = await filesOf([bareMuster])
      // Its port is needed where its deployment is restored.
      await bareMuster.stop()
      kept.push(...(await vaultSecrets(bareMuster.profile, PASSPHRASE)))

      const importing = await Muster.start('memory')
      others.push(importing)
      const restoring = await Muster.start('memory')
      others.push(restoring)
      const madeSecrets = await fillStore(store)
      await test.step('a store is brought in, a deployment restored', async () => {
        const [imported, restored] = await Promise.all([
          site.speak(importing, (client) => flows.importStore(client, store.folder)),
          site.speak(restoring, (client) => flows.restore(client, kit, backup)),
        ])
        expect(imported.removed).toBeGreaterThan(0)
        expect(restored).toMatchObject({ tenants: 2 })
      })
      const musters = [bareMuster, ...others]
      exposed.push(...(await Promise.all(others.map(({ pid }) => exposedBy(pid)))))
      for (const [path, bytes] of await filesOf(others)) running.set(path, bytes)
      for (const muster of others) await muster.stop()
      const afterwards = await filesOf(musters)
      const folder = await filesIn(deviceFolder)
      kept.push(...madeSecrets)

      const typed: Secret[] = [
        { name: 'passphrase', value: PASSPHRASE },
        { name: 'passphrase of the kit', value: KIT_PASSPHRASE },
      ]
      const all = new SecretSearch([...typed, ...kept, ...session])

      await test.step('the search has something to search for, and in', () => {
        const names = kept.map(({ name }) => name)
        expect(names.filter((name) => name.startsWith('seed in batch/')).length).toBe(BATCH)
        expect(names.filter((name) => /^JWT in (?:batch|renewed)\//u.test(name)).length).toBe(
          2 * BATCH,
        )
        expect(names).toContain('JWT in context at-the-site')
        expect(names.filter((name) => /^key [OA]/u.test(name)).length).toBeGreaterThan(20)
        for (const wire of [together(recorder.received), together(site.received)]) {
          expect(wire.includes(MADE)).toBe(true)
        }
        expect(site.documents.length).toBeGreaterThan(10)
        expect(heap.strings.includes(PLANTED)).toBe(true)
        expect(Buffer.concat(exposed).includes('nats-server.conf')).toBe(true)
        const profiles = [...running.keys()].filter((path) => path.endsWith('profile/muster.db'))
        expect(profiles).toHaveLength(musters.length)
      })

      await test.step('passphrases and what the doctor is shown go in, and nothing else does', () => {
        const sent = together(recorder.sent)
        expect(all.find(sent)).toEqual(
          expect.arrayContaining(['passphrase of the kit (plain)', 'shown JWT (plain)']),
        )
        const shown = kept.filter(({ name }) => !name.startsWith('shown'))
        const allowed = new SecretSearch([...shown, ...session].filter(isNotShownAsFile(site)))
        expect(knownOnly(allowed.find(sent))).toEqual([])
      })

      await test.step('nothing comes out', () => {
        for (const { what, bytes } of [...recorder.received, ...site.received]) {
          expect(all.find(bytes), what).toEqual([])
        }
        for (const [what, bytes] of site.handedOut) expect(all.find(bytes), what).toEqual([])
      })

      await test.step('the page holds none', () => {
        expect(all.find(site.documents.join('\n')), 'documents').toEqual([])
        expect(all.find(storage), 'storage').toEqual([])
        expect(all.find(heap.strings), 'strings of the heap').toEqual([])
        expect(all.find(heap.snapshot), 'heap snapshot').toEqual([])
      })

      await test.step('no file of the profile or the home holds one, but those that were asked for', () => {
        for (const [path, bytes] of [...running, ...afterwards]) {
          if (isContextLogin(path)) continue
          const found = all.find(bytes).filter((each) => !isPublicClaim(each))
          expect(found, path).toEqual([])
        }
      })

      await test.step('a file that was asked for holds its own secret alone, for its owner alone', async () => {
        for (const [path, bytes] of folder) {
          const found = knownOnly(all.find(bytes)).map((each) => each.replace(/ \(.*/u, ''))
          const fits = found.filter((each) => each.endsWith(` in ${path}`))
          if (/^(?:batch|renewed)\/.*\.creds\.json$/u.test(path)) expect(fits).not.toEqual([])
          if (found.length > 0) {
            expect(path).toMatch(/^(?:batch|renewed)\/.*\.creds\.json$|^store\/.*\.nk$|^climate-/u)
          }
          if (!/^(?:store|climate-)/u.test(path)) expect(found, path).toEqual(fits)
          if (found.length > 0 && !path.startsWith('climate-')) {
            expect((await stat(join(deviceFolder, path))).mode & 0o777, path).toBe(0o600)
          }
        }
        for (const [path] of [...running].filter(([each]) => isContextLogin(each))) {
          expect((await stat(path)).mode & 0o777, path).toBe(0o600)
        }
      })

      await test.step('no output, command line or environment shows one', () => {
        for (const muster of musters) expect(all.find(muster.written)).toEqual([])
        expect(all.find(Buffer.concat(exposed))).toEqual([])
      })
    } finally {
      await Promise.all(others.map((muster) => muster.dispose()))
      await store.remove()
    }
  },
)

/** The Muster under test with its page, and everything that it is known to have handled. */
class Site {
  readonly muster: Muster
  readonly recorder: PageRecorder
  readonly folder: string
  readonly received: Passage[] = []
  readonly documents: string[] = []
  /** Files that the window was given, which hold nothing secret. */
  readonly handedOut = new Map<string, Buffer>()
  readonly kept: Secret[] = []
  kit: flows.KeyedKit = { text: '', identity: '' }
  backup = Buffer.alloc(0)

  constructor(muster: Muster, recorder: PageRecorder, folder: string) {
    this.muster = muster
    this.recorder = recorder
    this.folder = folder
  }

  get page(): Page {
    return this.recorder.page
  }

  /** Works through the contract; what comes back is recorded as it comes. */
  async speak<T>(muster: Muster, work: (client: Client) => Promise<T>): Promise<T> {
    const keep = (bytes: Buffer) => void this.received.push({ what: 'frame to a client', bytes })
    const window = await connectClient(await muster.link(), keep)
    try {
      return await work(window.client)
    } finally {
      window.close()
    }
  }

  /** Shows a screen by its address; `text` stands on it and not on the one before. */
  async show(address: string, text: string | RegExp): Promise<void> {
    await this.page.evaluate((hash) => void (location.hash = hash), `#${address}`)
    await this.page.getByText(text).first().waitFor()
  }

  /** Keeps the document as it is, once a text stands in it. */
  async look(text: string): Promise<void> {
    await this.page.getByText(text).first().waitFor()
    this.documents.push(await this.recorder.document())
  }

  /** Fetches a file as the window does. */
  async fetch(saved: SavedFile): Promise<Buffer> {
    if (saved.type !== 'download') throw new Error('A download was expected.')
    const url = new URL(saved.url, this.page.url()).href
    const bytes = await (await this.page.context().request.get(url)).body()
    this.handedOut.set(saved.name, bytes)
    return bytes
  }

  /** What is in the vault now: keys go and come. */
  async keepVault(): Promise<void> {
    const copy = join(dirname(this.muster.profile), 'copy-of-the-vault')
    await mkdir(copy, { recursive: true })
    await copyFile(join(this.muster.profile, 'keychain.vault'), join(copy, 'keychain.vault'))
    this.kept.push(...(await vaultSecrets(copy, PASSPHRASE)))
  }

  /** The secrets of the credential files below a folder. */
  async keepFiles(folder: string): Promise<void> {
    for (const [path, bytes] of await filesIn(join(this.folder, folder))) {
      if (!path.endsWith('.creds.json')) continue
      this.kept.push(...credentialSecrets(`in ${folder}/${path}`, bytes.toString()))
    }
  }
}

/** Goes through everything that moves a secret, with the screen open that is about it. */
async function useEverything(site: Site, devices: Devices): Promise<void> {
  const { muster, folder } = site
  const device = await devices.unbox({ kind: 'climate-node', updatesCredentials: true, folder })
  await site.speak(muster, async (client) => {
    await client.keychain.createVault({ passphrase: PASSPHRASE })
    await client.mesh.createLocal({
      dialect: 'device-connect',
      tenant: OWN,
      reach: { kind: 'loopback' },
    })
    await site.page.goto(await muster.link())
    await flows.commission(client, OWN, device)
    site.kept.push(...(await deviceSecrets(device, folder)))
    await useTenants(site, client)
    site.kept.push(...(await deviceSecrets(device, folder)))
    await site.keepVault()
    await useKeys(site, client)
    await useDoctor(site, client)
    await site.show('/credentials', 'What was issued, to whom')
    await flows.revokeOne(client, MADE)
    await site.look(device.id)
    await site.show('/audit', 'Export')
    await flows.readAudit(client)
    await site.look('lost on a train')
    await site.fetch(await client.audit.export())
  })
}

async function useTenants(site: Site, client: Client): Promise<void> {
  await site.show('/tenants', 'Isolation proof')
  await flows.makeBatch(client, MADE, BATCH, join(site.folder, 'batch'))
  await site.keepFiles('batch')
  await flows.lookIntoTenant(client, MADE)
  await site.look(MADE)
  await site.show('/credentials/expiry', 'What expires when')
  await flows.throughEyesOf(client, OWN, async () => {
    expect((await flows.renew(client, OWN, null)).renewed).toBe(1)
  })
  const renewed = join(site.folder, 'renewed')
  await mkdir(renewed)
  expect((await flows.renew(client, MADE, renewed)).written).toBe(BATCH)
  await site.keepFiles('renewed')
  await site.look('device-1')
  await site.show('/tenants/isolation', 'Every tenant tries')
  const id = await flows.prove(client, [OWN, MADE])
  await site.look('These tenants are isolated')
  const html = await site.fetch(await client.isolation.exportReport({ id, format: 'html' }))
  await site.fetch(await client.isolation.exportReport({ id, format: 'json' }))
  await client.isolation.verify({ text: html.toString() })
}

async function useKeys(site: Site, client: Client): Promise<void> {
  await site.show('/keys', 'Who signs for')
  const account = await flows.rotateKeys(client, OWN)
  await site.look('REGISTRY')
  await site.show(`/keys?account=${account}`, 'orchestrator')
  await site.show('/keys/roles', 'What each role may')
  await site.look('orchestrator')
  await site.show('/keys/resolver', /in step/iu)
  await site.look('REGISTRY')
  await flows.useContexts(client, OWN)
  await site.show('/keys/transfer', 'What nsc and the nats CLI')
  await flows.exportStore(client, join(site.folder, 'store'))
  const config = join(dirname(site.muster.profile), 'config')
  for (const [path, bytes] of await filesIn(config)) {
    const name = basename(path).replace(/\.\w+$/u, '')
    if (isContextLogin(path))
      site.kept.push(...credentialSecrets(`in context ${name}`, bytes.toString()))
  }
  await site.look('at-the-site')
  await site.keepVault()
  await makeKit(site)
  // Sealed to a key of age, which opens sooner than a passphrase does.
  const identity = await generateX25519Identity()
  const recipient = await identityToRecipient(identity)
  const sealing = { kind: 'recipients' as const, recipients: [recipient] }
  const kit = await site.fetch(await client.recovery.createKit({ form: 'file', sealing }))
  site.kit = { text: kit.toString(), identity }
  site.kept.push({ name: 'shown identity of age', value: identity })
  await flows.goOffline(client, site.kit)
  await site.fetch(await client.recovery.createKit({ form: 'page', sealing }))
  site.backup = Buffer.from(await site.fetch(await client.recovery.backUp()))
}

/** Makes a kit by hand and rehearses it, with a passphrase that the page alone holds. */
async function makeKit(site: Site): Promise<void> {
  const { page } = site
  await site.show('/keys/recovery', 'How to lose this computer')
  await page.getByRole('button', { name: 'Make a kit…' }).last().click()
  const dialog = page.getByRole('dialog')
  await put(page, dialog.getByLabel('Passphrase', { exact: true }))
  await put(page, dialog.getByLabel('Repeat the passphrase'))
  const coming = page.waitForEvent('download')
  await dialog.getByRole('button', { name: 'Make the kit' }).click()
  const path = await (await coming).path()
  site.handedOut.set('kit', await readFile(path))
  await dialog.getByRole('button', { name: 'Rehearse it now' }).click()
  const choosing = page.waitForEvent('filechooser')
  await page.getByLabel('Kit file').click()
  await (await choosing).setFiles(path)
  await put(page, page.getByLabel('Passphrase', { exact: true }).last())
  await page.getByRole('button', { name: 'Rehearse', exact: true }).click()
  await site.look('This kit would bring the fleet back')
  await page.getByRole('button', { name: 'Close', exact: true }).last().click()
}

/** Puts the kit's passphrase into a field as an input method does, so that the page alone holds it. */
async function put(page: Page, field: Locator): Promise<void> {
  await field.click()
  await page.keyboard.insertText(KIT_PASSPHRASE)
}

/** A file of ours, and a credential of nobody that is put in from the clipboard. */
async function useDoctor(site: Site, client: Client): Promise<void> {
  const { page } = site
  await site.show('/credentials/doctor', 'Why one does not get in')
  await page.locator('input[type=file]').setInputFiles(shownFile(site))
  await page.getByRole('button', { name: 'Try to log in…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Log in' }).click()
  await site.look('The server let it in')
  await page.getByRole('button', { name: 'Another credential' }).click()
  const foreign = foreignCredential()
  site.kept.push(...foreign.secrets)
  await page.getByLabel('Or paste its text').click()
  await page.keyboard.insertText(foreign.text)
  await page.getByRole('button', { name: 'Look at it' }).click()
  await site.look('Nobody here knows its account')
  for (const text of [foreign.text, foreign.text.slice(0, -80)]) {
    const id = await flows.showDoctor(client, text)
    await site.fetch(await client.doctor.export({ id }))
  }
}

function shownFile({ folder }: Site): string {
  return join(folder, 'batch', MADE, 'credentials', 'device-1.creds.json')
}

function isNotShownAsFile(site: Site) {
  const shown = shownFile(site).slice(site.folder.length + 1)
  return ({ name }: Secret) => !name.includes(shown)
}

function foreignCredential(): { text: string; secrets: Secret[] } {
  const user = createNkey('user')
  const jwt = encodeJwt(
    {
      name: 'pump-1',
      subject: user.publicKey,
      type: 'user',
      nats: { pub: {}, sub: {} },
      issuedAt: Math.floor(Date.now() / 1000),
    },
    signerOf(createNkey('account').seed),
  )
  const text = `-----BEGIN NATS USER JWT-----\n${jwt}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${user.seed}\n------END USER NKEY SEED------\n`
  return {
    text,
    secrets: [...seedSecrets('shown seed', user.seed), { name: 'shown JWT', value: jwt }],
  }
}

/** Seed and JWT of a credential file, whichever form it has. */
function credentialSecrets(where: string, text: string): Secret[] {
  const [seed] = /SU[A-Z2-7]{56}/u.exec(text) ?? []
  const [jwt] = /eyJ[\w-]+\.[\w-]+\.[\w-]+/u.exec(text) ?? []
  return [
    ...(seed === undefined ? [] : seedSecrets(`seed ${where}`, seed).slice(0, 1)),
    ...(jwt === undefined ? [] : [{ name: `JWT ${where}`, value: jwt }]),
  ]
}

/** A store of nsc with two devices; everything secret in it. */
async function fillStore(store: MadeStore): Promise<Secret[]> {
  const operator = await store.operator('acme')
  const account = await operator.account('DEVICE_CONNECT')
  const users = [
    await account.device('greenhouse', 'pump-1'),
    await account.device('orchard', 'pump-2'),
  ]
  const keys = [operator.key, operator.signing, operator.system, account.key]
  return [
    ...keys.flatMap(({ publicKey, seed }) => seedSecrets(`store key ${publicKey}`, seed)),
    ...users.flatMap(({ key, jwt }) => [
      ...seedSecrets(`store seed of ${key.publicKey}`, key.seed),
      { name: `store JWT of ${key.publicKey}`, value: jwt },
    ]),
  ]
}

/** Everything in the homes of Musters, their profiles in them, by path. */
async function filesOf(musters: readonly Muster[]): Promise<Map<string, Buffer>> {
  const homes = musters.map(async ({ profile }) => {
    const home = dirname(profile)
    return [...(await filesIn(home))].map(([path, bytes]) => [join(home, path), bytes] as const)
  })
  return new Map((await Promise.all(homes)).flat())
}

/** Where a context of the nats CLI keeps what it logs in with. */
function isContextLogin(path: string): boolean {
  return /\.(?:creds|nk)$/u.test(path)
}

/** Without what only looks like one, and is known by its name as well. */
function knownOnly(found: readonly string[]): string[] {
  return found.filter((each) => !/^(?:seed|user JWT|operator JWT|account JWT|JWT) \(/u.test(each))
}
