import type { Page } from '@playwright/test'
import { FAKE_CREDENTIAL } from '../../tests/support/fake-main/doctor.ts'
import type { Scenario } from '../../tests/support/fake-main/state.ts'

/** One picture: how to come there. */
export interface Screen {
  readonly name: string
  readonly scenarios: readonly Scenario[]
  /** Behind the hash. */
  readonly path: string
  readonly prepare?: (page: Page) => Promise<void>
}

const ALL: readonly Scenario[] = ['empty', 'loading', 'full', 'failing']
const WITH_DEVICES: readonly Scenario[] = ['full', 'failing']

const PUMP = '/fleet?tenant=south-farm&device=irrigation-pump-00002'
const SENSOR = '/fleet?tenant=north-farm&device=soil-sensor-00001'

async function openFirstWaiting(page: Page): Promise<void> {
  await page.getByRole('list', { name: 'Waiting devices' }).getByRole('button').first().click()
}

async function commission(page: Page, pin: string): Promise<void> {
  await openFirstWaiting(page)
  await page.getByLabel('PIN').fill(pin)
  await page.getByRole('button', { name: 'Commission', exact: true }).click()
}

async function lookIntoStore(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Look into the store of nsc', exact: true }).click()
  await page.getByRole('heading', { name: 'What was found' }).waitFor()
}

async function importStore(page: Page): Promise<void> {
  await lookIntoStore(page)
  await page.getByRole('radio', { name: /Remove the files/u }).click()
  await page.getByRole('button', { name: 'Import', exact: true }).click()
}

async function toRemoteForm(page: Page): Promise<void> {
  await page.getByRole('button', { name: /Connect to a mesh/u }).click()
  await createVault(page)
}

async function createVault(page: Page): Promise<void> {
  await page.getByLabel('New passphrase').fill('correct horse')
  await page.getByLabel('Repeat the passphrase').fill('correct horse')
  await page.getByRole('button', { name: 'Create the vault' }).click()
  await page.getByRole('heading', { name: /mesh|Restore/u }).waitFor()
}

async function unlock(page: Page): Promise<void> {
  await page.getByLabel('Passphrase').fill('correct horse')
  await page.getByRole('button', { name: 'Unlock' }).click()
  await page.getByRole('navigation', { name: 'Screens' }).waitFor()
}

function openKeysOf(name: string) {
  return async (page: Page): Promise<void> => {
    await page
      .getByRole('row', { name: new RegExp(name, 'u') })
      .first()
      .click()
    await page.getByRole('complementary', { name: `Keys of ${name}` }).waitFor()
  }
}

const NORTH = '/tenants?tenant=north-farm'

async function fillBatch(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Batch…' }).first().click()
  const lines = ['site-101', 'site-102,3', 'bad name', 'north-farm', 'CON', 'site-101']
  await page.getByRole('textbox', { name: 'Tenants', exact: true }).fill(lines.join('\n'))
  await page.getByRole('region', { name: 'Lines that can not be used' }).waitFor()
}

async function fillBundle(page: Page): Promise<void> {
  await page.getByText('5 new, with new keys').waitFor()
  await page.getByRole('radio', { name: /^KINGSTON/u }).click()
  await page.getByLabel('I have written it down').check()
  await page.getByRole('button', { name: 'Hand over' }).and(page.locator(':enabled')).waitFor()
}

async function toFolder(page: Page, folder: string): Promise<void> {
  await page.getByRole('radiogroup', { name: 'Where it goes' }).getByText('Folder').click()
  await page.getByRole('combobox', { name: 'Folder', exact: true }).fill(folder)
}

async function lookIntoBundle(page: Page): Promise<void> {
  await page.getByLabel('File or folder').fill('/media/kim/KINGSTON/north-farm-2026-11-20.zip.age')
  await page.getByRole('button', { name: 'Open', exact: true }).click()
}

/** Every screen of the window, in the states that matter. */
export const SCREENS: readonly Screen[] = [
  {
    name: 'queue',
    scenarios: WITH_DEVICES,
    path: `/fleet/south-farm/irrigation-pump-00002?tab=queue`,
  },
  { name: 'queue-panel', scenarios: ['full'], path: `${SENSOR}&tab=queue` },
  {
    name: 'queue-dead',
    scenarios: ['full'],
    path: `/fleet/south-farm/irrigation-pump-00002?tab=queue`,
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Look at it' }).click()
      await page.getByRole('button', { name: 'Queue again' }).waitFor()
    },
  },
  {
    name: 'queue-result',
    scenarios: ['full'],
    path: `/fleet/south-farm/irrigation-pump-00002?tab=queue`,
    prepare: async (page) => {
      await page.getByRole('row', { name: /read_log/u }).click()
      await page.getByText('Result', { exact: true }).waitFor()
    },
  },
  {
    name: 'queue-call',
    scenarios: ['full'],
    path: `/fleet/south-farm/irrigation-pump-00002?tab=functions`,
    prepare: async (page) => {
      await page
        .getByRole('button', { name: /read_moisture/u })
        .first()
        .click()
      await page.getByRole('button', { name: /^Queue/u }).click()
      await page.getByText('Queued', { exact: true }).waitFor()
    },
  },
  {
    name: 'queue-nobody',
    scenarios: ['full'],
    path: '/fleet/default/irrigation-pump-00012?tab=functions',
    prepare: async (page) => {
      await page
        .getByRole('button', { name: /read_moisture/u })
        .first()
        .click()
      await page.getByRole('button', { name: 'Call', exact: true }).click()
      await page.getByText('Nobody answers for this device').first().waitFor()
    },
  },
  {
    name: 'queue-off',
    scenarios: ['full'],
    path: '/fleet/research/climate-controller-00003?tab=queue',
  },
  { name: 'queue-none', scenarios: ['full'], path: '/fleet/default/door-lock-00004?tab=queue' },
  { name: 'tenant-queue', scenarios: WITH_DEVICES, path: `${NORTH}&tab=queue` },
  { name: 'tenant-queue-off', scenarios: ['full'], path: '/tenants?tenant=research&tab=queue' },
  { name: 'bundles', scenarios: ALL, path: '/bundles' },
  {
    name: 'bundles-filled',
    scenarios: ['full'],
    path: '/bundles?tenant=north-farm',
    prepare: fillBundle,
  },
  {
    name: 'bundles-plain',
    scenarios: ['full'],
    path: '/bundles?tenant=north-farm&devices=soil-sensor-00001,pump-north-2',
    prepare: async (page) => {
      await toFolder(page, '/home/kim/Dropbox')
      await page.getByRole('radio', { name: /Anybody/u }).click()
      await page.getByText('Devices keep their keys').click()
      await page.getByLabel('Address 1', { exact: true }).fill('nats://localhost:4222')
      await page.getByText('Dropbox copies this folder').waitFor()
      await page.getByText('Dropbox copies this folder').scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'bundles-drives',
    scenarios: ALL,
    path: '/bundles?tenant=north-farm',
    prepare: async (page) => {
      await page.getByRole('heading', { name: 'Where it goes' }).scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'bundles-drive-open',
    scenarios: ['full'],
    path: '/bundles?tenant=north-farm',
    prepare: async (page) => {
      await page.getByRole('radio', { name: /Anybody/u }).click()
      await page.getByRole('radio', { name: /^KINGSTON/u }).click()
      await page.getByLabel('Name of the file').scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'bundles-running',
    scenarios: ['full'],
    path: '/bundles?tenant=north-farm',
    prepare: async (page) => {
      await fillBundle(page)
      await page.getByRole('button', { name: 'Hand over' }).click()
      await page.getByText('Reading it back').waitFor()
    },
  },
  {
    name: 'bundles-done',
    scenarios: ['full'],
    path: '/bundles?tenant=north-farm',
    prepare: async (page) => {
      await fillBundle(page)
      await page.getByRole('button', { name: 'Hand over' }).click()
      await page.getByRole('button', { name: 'Another bundle' }).waitFor()
    },
  },
  {
    name: 'bundles-network',
    scenarios: ['full'],
    path: '/bundles?tenant=north-farm',
    prepare: async (page) => {
      await fillBundle(page)
      await page.getByRole('radiogroup', { name: 'Where it goes' }).getByText('network').click()
      await page.getByRole('button', { name: 'Hand over' }).scrollIntoViewIfNeeded()
      await page
        .getByRole('combobox', { name: 'This computer is reached at' })
        .scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'bundles-waiting',
    scenarios: ['full'],
    path: '/bundles?tenant=north-farm',
    prepare: async (page) => {
      await fillBundle(page)
      await page.getByRole('radiogroup', { name: 'Where it goes' }).getByText('network').click()
      await page.getByRole('button', { name: 'Hand over' }).click()
      await page.getByText('wrong codes').waitFor()
    },
  },
  {
    name: 'bundles-own-keys',
    scenarios: ['full'],
    path: '/bundles?tenant=north-farm',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Files, certificates, programs' }).click()
      await page.getByLabel('Keys that devices made themselves').fill('pump-17 UABC')
    },
  },
  {
    name: 'field-results',
    scenarios: ['full', 'failing'],
    path: '/bundles/open',
    prepare: async (page) => {
      await page.getByLabel('File of results').fill('/media/kim/KINGSTON/field-results.json')
      await page.getByRole('button', { name: 'Look at them' }).click()
      await page
        .getByText(/Genuine|did not answer|reach/u)
        .first()
        .waitFor()
      await page.getByLabel('File of results').scrollIntoViewIfNeeded()
    },
  },
  { name: 'enrollment', scenarios: ALL, path: '/bundles/enrollment' },
  {
    name: 'enrollment-opened',
    scenarios: ['full', 'failing'],
    path: '/bundles/enrollment',
    prepare: (page) => page.getByRole('row').filter({ hasText: 'collector-north' }).click(),
  },
  {
    name: 'enrollment-ticket',
    scenarios: ['full'],
    path: '/bundles/enrollment',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'New token' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByPlaceholder('Choose').click()
      await page.getByRole('option').first().click()
      await dialog.getByPlaceholder('collector-1').fill('collector-west')
      await page.getByRole('button', { name: 'Make the token' }).click()
      await page.getByText('This is shown once').waitFor()
    },
  },
  { name: 'bundles-open', scenarios: ['empty'], path: '/bundles/open' },
  {
    name: 'bundles-opened',
    scenarios: ['full', 'failing'],
    path: '/bundles/open',
    prepare: async (page) => {
      await lookIntoBundle(page)
      await page
        .getByText(/Genuine|did not answer|reach/u)
        .first()
        .waitFor()
    },
  },
  {
    name: 'bundles-wipe',
    scenarios: ['full'],
    path: '/bundles/open',
    prepare: async (page) => {
      await page.getByRole('radio', { name: /^KINGSTON/u }).click()
      await page.getByRole('list', { name: 'Bundles that were found' }).waitFor()
      await page.getByRole('checkbox').first().check()
    },
  },
  { name: 'bundles-people', scenarios: ALL, path: '/bundles/people' },
  { name: 'bundles-receipts', scenarios: ALL, path: '/bundles/receipts' },
  { name: 'bundles-receipt', scenarios: ['full'], path: '/bundles/receipts?receipt=r1' },
  { name: 'bundles-receipt-folder', scenarios: ['full'], path: '/bundles/receipts?receipt=r2' },
  { name: 'keys', scenarios: ALL, path: '/keys' },
  { name: 'keys-account', scenarios: WITH_DEVICES, path: '/keys', prepare: openKeysOf('acme') },
  {
    name: 'keys-rotate',
    scenarios: ['full'],
    path: '/keys',
    prepare: async (page) => {
      await openKeysOf('acme')(page)
      await page.getByRole('button', { name: 'Rotate…' }).first().click()
      await page.getByRole('radio', { name: /Cut them off/u }).click()
    },
  },
  { name: 'keys-roles', scenarios: ALL, path: '/keys/roles?role=device-own' },
  {
    name: 'keys-roles-unsafe',
    scenarios: ['full'],
    path: '/keys/roles?role=console',
    prepare: async (page) => {
      await page.getByLabel('May subscribe').fill('{root}.{tenant}.>\n{root}.>\n_INBOX.>')
    },
  },
  { name: 'tenants', scenarios: ALL, path: '/tenants' },
  { name: 'tenants-overview', scenarios: WITH_DEVICES, path: NORTH },
  { name: 'tenants-failed', scenarios: ['failing'], path: '/tenants?tenant=west-farm' },
  { name: 'tenants-limits', scenarios: WITH_DEVICES, path: `${NORTH}&tab=limits` },
  { name: 'tenants-wiring', scenarios: WITH_DEVICES, path: `${NORTH}&tab=wiring` },
  {
    name: 'tenants-new',
    scenarios: ['full'],
    path: '/tenants',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'New tenant' }).click()
      await page.getByRole('radio', { name: /shared account/u }).click()
    },
  },
  {
    name: 'tenants-clear',
    scenarios: ['full'],
    path: '/tenants?tenant=south-farm',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Clear this tenant…' }).click()
      await page.getByText('This can not be undone').waitFor()
    },
  },
  { name: 'tenants-batch', scenarios: ['full'], path: '/tenants', prepare: fillBatch },
  { name: 'tenants-view', scenarios: ['loading', 'full'], path: '/tenants/north-farm/view' },
  {
    name: 'tenants-view-subjects',
    scenarios: ['full'],
    path: '/tenants/north-farm/view?tab=subjects',
  },
  { name: 'commission', scenarios: ALL, path: '/commission' },
  {
    name: 'commission-device',
    scenarios: WITH_DEVICES,
    path: '/commission',
    prepare: openFirstWaiting,
  },
  {
    name: 'commission-odd-device',
    scenarios: ['failing'],
    path: '/commission?device=odd:2',
  },
  {
    name: 'commission-running',
    scenarios: ['full'],
    path: '/commission',
    prepare: async (page) => {
      await commission(page, '33333333')
      await page.getByText('If it does not connect within').waitFor()
    },
  },
  {
    name: 'commission-wrong-pin',
    scenarios: ['full'],
    path: '/commission',
    prepare: async (page) => {
      await commission(page, '00000000')
      await page.getByText('2 attempts are left').waitFor()
    },
  },
  {
    name: 'commission-locked',
    scenarios: ['full'],
    path: '/commission',
    prepare: async (page) => {
      await commission(page, '11111111')
      await page.getByText('The lock opens in').waitFor()
    },
  },
  {
    name: 'commission-done',
    scenarios: ['full'],
    path: '/commission',
    prepare: async (page) => {
      await commission(page, '12345678')
      await page.getByRole('button', { name: 'Open device' }).waitFor()
    },
  },
  { name: 'fleet', scenarios: ALL, path: '/fleet' },
  {
    name: 'fleet-selector',
    scenarios: ['full'],
    path: '/fleet',
    prepare: async (page) => {
      await page.getByLabel('Search the fleet').fill('device(type:*pump, location:Gate*)')
      await page.getByText('irrigation-pump-').first().waitFor()
    },
  },
  {
    name: 'fleet-selector-wrong',
    scenarios: ['full'],
    path: '/fleet',
    prepare: async (page) => {
      await page.getByLabel('Search the fleet').fill('device(type:camera,, zone:A)')
      await page.getByRole('alert').waitFor()
    },
  },
  { name: 'device-overview', scenarios: WITH_DEVICES, path: PUMP },
  {
    name: 'device-functions',
    scenarios: ['failing'],
    path: `${PUMP}&tab=functions`,
  },
  {
    name: 'device-call',
    scenarios: ['full'],
    path: `${PUMP}&tab=functions`,
    prepare: async (page) => {
      await page.getByRole('button', { name: /set_flow/u }).click()
      await page.getByLabel('Litres a minute').fill('12.5')
      await page.getByRole('button', { name: 'Call', exact: true }).click()
      await page.getByRole('region', { name: 'Answer of the device' }).waitFor()
    },
  },
  { name: 'device-events', scenarios: ['empty', 'full'], path: `${SENSOR}&tab=events` },
  { name: 'device-record', scenarios: ['full'], path: `${PUMP}&tab=record` },
  { name: 'device-page', scenarios: ['full'], path: '/fleet/south-farm/irrigation-pump-00002' },
  { name: 'audit', scenarios: ALL, path: '/audit' },
  { name: 'audit-entry', scenarios: WITH_DEVICES, path: '/audit?entry=1809' },
  {
    name: 'audit-acknowledge',
    scenarios: ['failing'],
    path: '/audit',
    prepare: (page) =>
      page
        .getByRole('button', { name: /I have looked into it/u })
        .first()
        .click(),
  },
  { name: 'isolation', scenarios: ALL, path: '/tenants/isolation' },
  {
    name: 'isolation-pair',
    scenarios: ['failing'],
    path: '/tenants/isolation?report=failed',
    prepare: (page) => page.getByRole('gridcell', { name: /^workshop against gatehouse/u }).click(),
  },
  {
    name: 'isolation-setup',
    scenarios: ['full'],
    path: '/tenants/isolation',
    prepare: (page) => page.getByRole('button', { name: 'New proof' }).click(),
  },
  {
    name: 'isolation-running',
    scenarios: ['full'],
    path: '/tenants/isolation',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'New proof' }).click()
      await page.getByRole('button', { name: 'Start the proof' }).click()
      await page.getByRole('button', { name: 'Cancel' }).waitFor()
    },
  },
  { name: 'doctor', scenarios: ['empty'], path: '/credentials/doctor' },
  {
    name: 'doctor-diagnosis',
    scenarios: WITH_DEVICES,
    path: '/credentials/doctor',
    prepare: async (page) => {
      await page.getByLabel('Or paste its text').fill(FAKE_CREDENTIAL)
      await page.getByRole('button', { name: 'Look at it' }).click()
      await page.getByRole('list', { name: 'Findings' }).waitFor()
      await page.getByLabel('Subject').fill('device-connect.north-farm.pump-1.cmd')
      await page.getByRole('button', { name: 'Check', exact: true }).click()
      await page.getByText('No, it may not').waitFor()
    },
  },
  { name: 'settings', scenarios: ALL, path: '/settings' },
  {
    name: 'health',
    scenarios: WITH_DEVICES,
    path: '/fleet',
    prepare: (page) => page.getByRole('button', { name: /^Health/u }).click(),
  },
  {
    name: 'palette',
    scenarios: ['full'],
    path: '/fleet',
    prepare: async (page) => {
      await page.keyboard.press('Control+k')
      await page.getByPlaceholder('Search devices, screens and actions').fill('pump 12')
      await page.getByText('irrigation-pump-00012').waitFor()
    },
  },
  {
    name: 'mesh',
    scenarios: WITH_DEVICES,
    path: '/fleet',
    prepare: (page) => page.getByRole('button', { name: /^Mesh/u }).click(),
  },
  { name: 'expiry', scenarios: ALL, path: '/credentials/expiry' },
  { name: 'expiry-stopped', scenarios: ['failing'], path: '/credentials/expiry?job=stopped' },
  {
    name: 'expiry-table',
    scenarios: ['full'],
    path: '/credentials/expiry?search=door',
    prepare: (page) => page.getByRole('button', { name: 'Show as a table' }).click(),
  },
  {
    name: 'expiry-renew',
    scenarios: ['full'],
    path: '/credentials/expiry',
    prepare: async (page) => {
      await page.getByRole('button', { name: /^Due/u }).click()
      await page.getByRole('button', { name: /^Renew all/u }).click()
      await page.getByText('Write a file for each').click()
    },
  },
  {
    name: 'expiry-progress',
    scenarios: ['full'],
    path: '/credentials/expiry',
    prepare: async (page) => {
      await page.getByRole('button', { name: /^Due/u }).click()
      await page.getByRole('button', { name: /^Renew all/u }).click()
      await page.getByText('Commission them again').click()
      await page.getByRole('combobox', { name: 'Spread over' }).click()
      await page.getByRole('option', { name: 'As fast' }).click()
      await page.getByRole('button', { name: /^Renew \d+ credentials/u }).click()
      await page.getByText('Renewed').nth(2).waitFor()
    },
  },
  { name: 'welcome', scenarios: ['first-run'], path: '/' },
  {
    name: 'first-run-keychain',
    scenarios: ['first-run'],
    path: '/',
    prepare: (page) => page.getByRole('button', { name: /Create a mesh/u }).click(),
  },
  {
    name: 'first-run-local',
    scenarios: ['first-run'],
    path: '/',
    prepare: async (page) => {
      await page.getByRole('button', { name: /Create a mesh/u }).click()
      await createVault(page)
      await page.getByRole('radio', { name: /Devices on my network/u }).click()
      await page.getByRole('switch', { name: /TLS/u }).click()
    },
  },
  { name: 'first-run-remote', scenarios: ['first-run'], path: '/', prepare: toRemoteForm },
  {
    name: 'first-run-done',
    scenarios: ['first-run'],
    path: '/',
    prepare: async (page) => {
      await page.getByRole('button', { name: /Create a mesh/u }).click()
      await createVault(page)
      await page.getByRole('button', { name: 'Create the mesh' }).click()
      await page.getByRole('button', { name: 'Go to Commission' }).waitFor()
    },
  },
  { name: 'unlock', scenarios: ['locked'], path: '/' },
  { name: 'credentials', scenarios: ALL, path: '/credentials' },
  {
    name: 'credentials-panel',
    scenarios: WITH_DEVICES,
    path: '/credentials?credential=c-0',
  },
  { name: 'credentials-revoked', scenarios: ['full'], path: '/credentials?credential=c-5' },
  {
    name: 'credentials-ticked',
    scenarios: ['full'],
    path: '/credentials',
    prepare: async (page) => {
      await page.getByRole('grid', { name: 'Credentials' }).getByText('Active').first().waitFor()
      await page.getByRole('checkbox', { name: 'Tick all that are shown' }).click()
      await page.getByText('credentials ticked').waitFor()
    },
  },
  {
    name: 'credentials-revoke',
    scenarios: WITH_DEVICES,
    path: '/credentials?revoke=c-0',
    prepare: async (page) => {
      await page.getByRole('textbox', { name: 'Reason' }).waitFor()
    },
  },
  {
    name: 'credentials-revoking',
    scenarios: WITH_DEVICES,
    path: '/credentials?revoke=c-0',
    prepare: async (page) => {
      await page.getByRole('textbox', { name: 'Reason' }).fill('Stolen from the van on Tuesday.')
      await page.getByRole('textbox', { name: /^Type/u }).fill('soil-sensor-00001')
      await page.getByRole('button', { name: 'Revoke', exact: true }).click()
      await page.getByText(/Seen to be in force|Nothing is lost/u).waitFor()
    },
  },
  {
    name: 'transfer-first-run',
    scenarios: ['first-run'],
    path: '/',
    prepare: async (page) => {
      await page.getByRole('button', { name: /Bring in a store of nsc/u }).click()
      await page.getByLabel('New passphrase').fill('correct horse')
      await page.getByLabel('Repeat the passphrase').fill('correct horse')
      await page.getByRole('button', { name: 'Create the vault' }).click()
      await importStore(page)
      await page.getByRole('button', { name: 'Go on' }).click()
      await page.getByRole('radio', { name: /^Elsewhere/u }).waitFor()
    },
  },
  { name: 'transfer', scenarios: ALL, path: '/keys/transfer' },
  {
    name: 'transfer-store',
    scenarios: WITH_DEVICES,
    path: '/keys/transfer',
    prepare: lookIntoStore,
  },
  {
    name: 'transfer-running',
    scenarios: ['full'],
    path: '/keys/transfer',
    prepare: async (page) => {
      await importStore(page)
      await page.getByRole('button', { name: 'Cancel' }).waitFor()
    },
  },
  {
    name: 'transfer-done',
    scenarios: ['full'],
    path: '/keys/transfer',
    prepare: async (page) => {
      await importStore(page)
      await page.getByRole('button', { name: 'Done' }).waitFor()
    },
  },
  {
    name: 'transfer-export',
    scenarios: WITH_DEVICES,
    path: '/keys/transfer',
    prepare: async (page) => {
      await page.getByLabel('Folder', { exact: true }).fill('/home/kim/nsc-export')
      await page.getByLabel('7 signing keys').check()
      await page.getByLabel('Type muster to write them').fill('muster')
      await page.getByRole('button', { name: 'Write the store' }).click()
      await page.getByText(/The store is written|Nothing was written/u).waitFor()
    },
  },
  { name: 'roles-imported', scenarios: ['full'], path: '/keys/roles?role=custom:sensor' },
  {
    name: 'transfer-role',
    scenarios: ['full'],
    path: '/keys/transfer',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Write a context…' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel('For').click()
      await page.getByRole('option', { name: 'north-farm' }).click()
      await dialog.getByLabel('Role').click()
    },
  },
  {
    name: 'transfer-path',
    scenarios: ['empty', 'full'],
    path: '/keys/transfer',
    prepare: async (page) => {
      await page.getByLabel('Another folder').pressSequentially('~/')
      await page.getByRole('option', { name: 'security_infra' }).waitFor()
    },
  },
  {
    name: 'transfer-context',
    scenarios: ['full'],
    path: '/keys/transfer',
    prepare: (page) => page.getByRole('button', { name: 'Take over plant-2' }).click(),
  },
  { name: 'recovery', scenarios: ALL, path: '/keys/recovery' },
  {
    name: 'recovery-make',
    scenarios: ['full'],
    path: '/keys/recovery',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Make a kit…' }).last().click()
      await page.getByRole('button', { name: /Suggest one/u }).click()
    },
  },
  {
    name: 'recovery-rehearse',
    scenarios: ['full'],
    path: '/keys/recovery',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Rehearse…' }).first().click()
      await page.getByText('A printed page').click()
    },
  },
  {
    name: 'first-run-restore',
    scenarios: ['first-run'],
    path: '/',
    prepare: async (page) => {
      await page.getByRole('button', { name: /Restore from a recovery kit/u }).click()
      await createVault(page)
    },
  },
  {
    name: 'first-run-restored',
    scenarios: ['first-run'],
    path: '/',
    prepare: async (page) => {
      await page.getByRole('button', { name: /Restore from a recovery kit/u }).click()
      await createVault(page)
      await page.getByText('A printed page').click()
      await page.getByLabel('Codes or lines of the page').fill('1 ABCD')
      await page.getByLabel('Passphrase', { exact: true }).fill('correct horse')
      const [chooser] = await Promise.all([
        page.waitForEvent('filechooser'),
        page.getByLabel('Backup of the database').click(),
      ])
      await chooser.setFiles({
        name: 'muster-backup.db.gz',
        mimeType: 'application/gzip',
        buffer: Buffer.from('backup'),
      })
      await page.getByRole('button', { name: 'Restore', exact: true }).click()
      await page.getByText('is back').waitFor()
    },
  },
  {
    name: 'keychain-passphrase',
    scenarios: ['locked'],
    path: '/settings',
    prepare: async (page) => {
      await unlock(page)
      await page.getByRole('button', { name: 'Change passphrase…' }).click()
      await page.getByLabel('Present passphrase').fill('not this')
      await page.getByLabel('New passphrase').fill('correct horses')
      await page.getByLabel('Repeat the passphrase').fill('correct horses')
      await page.getByRole('button', { name: 'Change it' }).click()
      await page.getByRole('dialog').getByRole('alert').waitFor()
    },
  },
  {
    name: 'recovery-lost',
    scenarios: ['locked'],
    path: '/keys/recovery',
    prepare: async (page) => {
      await unlock(page)
      await page.getByText('The keychain holds no key').waitFor()
    },
  },
  {
    name: 'keychain-start-over',
    scenarios: ['locked'],
    path: '/',
    prepare: async (page) => {
      await page.getByRole('button', { name: /^Start over/u }).click()
      await page.getByLabel(/to confirm/u).fill('muster')
    },
  },
  { name: 'resolver', scenarios: ALL, path: '/keys/resolver' },
  {
    name: 'resolver-elsewhere',
    scenarios: ['full'],
    path: `/keys/resolver?account=A${'L'.repeat(55)}`,
  },
  {
    name: 'resolver-foreign',
    scenarios: ['full'],
    path: `/keys/resolver?account=A${'X'.repeat(55)}`,
  },
  {
    name: 'tenant-history',
    scenarios: ['full'],
    path: '/tenants?tenant=north-farm&tab=history',
    prepare: async (page) => {
      await page.getByRole('button', { name: /^connections changed/u }).click()
    },
  },
  {
    name: 'tenant-history-back',
    scenarios: ['full'],
    path: '/tenants?tenant=north-farm&tab=history',
    prepare: async (page) => {
      await page.getByRole('button', { name: /^connections changed/u }).click()
      await page.getByRole('button', { name: 'Go back to this version…' }).click()
    },
  },
  {
    name: 'settings-server-configuration',
    scenarios: ['full'],
    path: '/settings',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Manage a server…' }).click()
      await page.getByLabel('Name', { exact: true }).fill('Plant 7')
      await page.getByLabel('Addresses').fill('nats://10.7.0.11:4222')
      await page.getByRole('button', { name: 'Show the configuration' }).click()
    },
  },
  {
    name: 'settings-registry-store',
    scenarios: ['empty', 'full', 'failing'],
    path: '/settings',
    prepare: async (page) => {
      const registry = page.getByRole('region', { name: 'Registry' })
      await registry.getByRole('button', { name: 'Change…' }).click()
      const form = page.getByRole('dialog', { name: 'Where the registry keeps devices' })
      await form.getByText('In etcd', { exact: true }).click()
      await form
        .getByLabel('Endpoints', { exact: true })
        .fill('https://etcd-1.plant-7.example:2379')
      await form.getByRole('button', { name: 'Test connection' }).click()
      await form.getByRole('list', { name: 'Endpoints' }).waitFor()
    },
  },
  {
    name: 'settings-registry-members',
    scenarios: ['full', 'failing'],
    path: '/settings',
    prepare: async (page) => {
      const registry = page.getByRole('region', { name: 'Registry' })
      await registry.getByRole('button', { name: 'Test connection' }).click()
      await registry.getByRole('list', { name: 'Endpoints' }).waitFor()
      await registry.getByRole('list', { name: 'Endpoints' }).scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'settings-manage-server',
    scenarios: ['full'],
    path: '/settings',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Manage a server…' }).click()
      await page.getByLabel('Name', { exact: true }).fill('Plant 7')
    },
  },
]
