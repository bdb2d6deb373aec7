import type { LabelledDevice } from './support/devices.ts'
import { MusterWindow } from './support/muster-window.ts'
import { exposedBy } from '../tests/support/processes.ts'
import { deviceSecrets, pinSecrets, vaultSecrets } from './support/secrets/known-secrets.ts'
import type { PageRecorder } from './support/secrets/page-recorder.ts'
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

const PASSPHRASE = 'seven quiet lamps at dusk'
// With a zero in front, which no number in a heap snapshot has.
const PIN_WITH_KEY = '08150471'
const PIN_WITHOUT_KEY = '03141592'

// A trace keeps what was typed in the page, where it would be found.
test.use({ keys: 'vault', trace: 'off' })

// What it records are the wires of the browser host.
test(
  'no secret comes out to the window, nor stands in a file, a log or an output',
  { tag: '@link' },
  async ({ bareMuster, devices, recorder, deviceFolder: folder }) => {
    const withKey = await devices.unbox({ kind: 'climate-node', pin: PIN_WITH_KEY, folder })
    const withoutKey = await devices.unbox({
      kind: 'gate-lock',
      pin: PIN_WITHOUT_KEY,
      reportsKey: false,
      folder,
    })
    const documents = await useEverything(recorder, await bareMuster.link(), withKey, withoutKey)
    const { heap, storage, session } = await remainsOf(recorder)
    const exposed = await exposedBy(bareMuster.pid)
    const filesWhileRunning = await filesIn(bareMuster.profile)
    await recorder.page.close()
    await bareMuster.stop()
    const filesAfterwards = await filesIn(bareMuster.profile)

    const typed: Secret[] = [
      { name: 'passphrase', value: PASSPHRASE },
      ...pinSecrets('PIN', PIN_WITH_KEY),
      ...pinSecrets('PIN', PIN_WITHOUT_KEY),
      ...pinSecrets('wrong PIN', withKey.wrongPin),
    ]
    const kept: Secret[] = [
      ...(await deviceSecrets(withKey, folder)),
      ...(await deviceSecrets(withoutKey, folder)),
      ...(await vaultSecrets(bareMuster.profile, PASSPHRASE)),
    ]

    await test.step('the search has something to search for, and in', async () => {
      expect(kept.map(({ name }) => name)).toEqual(
        expect.arrayContaining([
          `own seed of ${withKey.id}`,
          `JWT of ${withKey.id}`,
          `seed issued to ${withoutKey.id}`,
          `JWT of ${withoutKey.id}`,
        ]),
      )
      // The keys of operator, system, REGISTRY and tenant account, and those that sign for them.
      expect(kept.filter(({ name }) => /^key [OA]/u.test(name)).length).toBeGreaterThanOrEqual(6)
      expect(session).toHaveLength(1)
      const holdsId = (bytes: Buffer | string) => bytes.includes(withoutKey.id)
      expect(holdsId(together(recorder.received))).toBe(true)
      expect(holdsId(documents)).toBe(true)
      expect(holdsId(heap.snapshot)).toBe(true)
      expect(holdsId(heap.strings)).toBe(true)
      expect(heap.strings.includes(PLANTED)).toBe(true)
      expect(exposed.includes('registry.js')).toBe(true)
      expect(exposed.includes('nats-server.conf')).toBe(true)
      for (const files of [filesWhileRunning, filesAfterwards]) {
        const holders = [...files].filter(([, bytes]) => holdsId(bytes))
        const names = holders.map(([path]) => path).join('\n')
        expect(names).toMatch(/^muster\.db/mu)
        expect(names).toMatch(/^logs/mu)
      }
      expect([...filesWhileRunning.keys()]).toContain('muster.db-wal')
    })

    const all = new SecretSearch([...typed, ...kept, ...session])
    await test.step('PINs and the passphrase go in, and nothing else does', async () => {
      const sent = new Set(all.find(together(recorder.sent)))
      expect([...sent].map((found) => found.replace(/ of .* \(/u, ' ('))).toEqual(
        expect.arrayContaining(['passphrase (plain)', 'PIN (plain)', 'wrong PIN (plain)']),
      )
      const allowed = new SecretSearch([...kept.filter(isNoPin), ...session])
      expect(allowed.find(together(recorder.sent))).toEqual([])
    })

    await test.step('nothing comes out', async () => {
      for (const { what, bytes } of recorder.received) expect(all.find(bytes), what).toEqual([])
    })

    await test.step('the page holds none', async () => {
      expect(all.find(documents), 'documents').toEqual([])
      expect(all.find(storage), 'storage').toEqual([])
      expect(all.find(heap.strings), 'strings of the heap').toEqual([])
      expect(all.find(heap.snapshot), 'heap snapshot').toEqual([])
    })

    await test.step('no file of the profile holds one', async () => {
      for (const files of [filesWhileRunning, filesAfterwards]) {
        for (const [path, bytes] of files) {
          const found = all.find(bytes).filter((each) => !isPublicClaim(each))
          expect(found, path).toEqual([])
        }
      }
    })

    await test.step('no output, command line or environment shows one', async () => {
      expect(all.find(bareMuster.written)).toEqual([])
      expect(all.find(exposed)).toEqual([])
    })
  },
)

/** Goes through the first run, two devices and every screen; returns the documents on the way. */
async function useEverything(
  recorder: PageRecorder,
  link: string,
  withKey: LabelledDevice,
  withoutKey: LabelledDevice,
): Promise<string> {
  const documents: string[] = []
  const look = async () => void documents.push(await recorder.document())
  const window = new MusterWindow(recorder.page)
  await recorder.page.goto(link)
  await window.firstRun.chooseLocalMesh()
  await window.firstRun.createVault(PASSPHRASE)
  await window.firstRun.createMesh('greenhouse')
  await look()
  await window.firstRun.leave()

  const first = await window.commission.select(withKey.id)
  await first.commission(withKey.wrongPin)
  await first.problem.waitFor()
  await look()
  await first.tryAgain.click()
  await first.commission(withKey.pin)
  await first.online(withKey.id).waitFor()
  await look()
  await first.panel.getByRole('button', { name: 'Open device' }).click()
  const device = window.fleet.device(withKey.id)
  await device.openFunction('read_climate')
  await device.call()
  await expect(device.answer).toContainText('temperature_celsius')
  await device.showTab('Events')
  await device.events('climate_reading').first().waitFor()
  await look()

  await window.go('Commission')
  const second = await window.commission.select(withoutKey.id)
  await second.panel.getByLabel('I understand; send the key in clear text').check()
  await second.commission(withoutKey.pin)
  await second.online(withoutKey.id).waitFor()
  await look()
  await window.go('Settings')
  await look()
  await window.go('Fleet')
  await (await window.fleet.open(withoutKey.id)).showTab('Record')
  await look()
  return documents.join('\n')
}

function isNoPin({ name }: Secret): boolean {
  return !name.includes('PIN')
}
