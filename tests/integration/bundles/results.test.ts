import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleAuthority, operatorKeysOf } from '../../../src/main/app/bundles.ts'
import { AuthorityStore } from '../../../src/main/authority/authority-store.ts'
import { createNkey } from '../../../src/main/authority/nkey.ts'
import {
  resultsStatement,
  type SignedResults,
} from '../../../src/main/bundles/results/field-results.ts'
import { ResultsService } from '../../../src/main/bundles/results/results-service.ts'
import { noAudit } from '../../support/no-audit.ts'
import { BundleSite } from './support/bundle-site.ts'

const DAY_MS = 86_400_000

let site: BundleSite
let other: BundleSite
let service: ResultsService
let exported: SignedResults

function serviceOf(of: BundleSite): ResultsService {
  const { authority, database } = of.app
  return new ResultsService({
    database,
    authority: { ...bundleAuthority(database, authority), ledger: authority.ledger },
    operatorKeys: () => operatorKeysOf(database),
    audit: noAudit,
    saveFile: async ({ name, content }) => {
      const path = join(of.folder, name)
      await writeFile(path, content)
      return { type: 'saved', path }
    },
    version: '0.0.0',
    by: 'sam@field',
  })
}

async function commission(of: BundleSite, deviceId: string) {
  const { publicKey } = createNkey('user')
  await of.app.authority.issueUsers([
    {
      account: { tenant: 'north' },
      role: 'device',
      name: deviceId,
      deviceId,
      publicKey,
      ttlMs: DAY_MS,
      delivery: 'commissioning',
    },
  ])
  return publicKey
}

async function exportOf(from: ResultsService): Promise<SignedResults> {
  const saved = await from.export(30)
  if (saved.type !== 'saved') throw new Error('not saved')
  return JSON.parse(await readFile(saved.path ?? '', 'utf8')) as SignedResults
}

async function fileOf(content: unknown): Promise<string> {
  const path = join(site.folder, 'brought.json')
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

/** Signed anew by the operator, as one who holds its key can. */
async function signed(change: (results: SignedResults['results']) => void): Promise<SignedResults> {
  const results = structuredClone(exported.results)
  change(results)
  const { key, signature } = await site.app.authority.signStatement(resultsStatement(results), {
    subject: 'test',
    reason: 'test',
  })
  return { results, signature: { algorithm: 'ed25519', key, signature } }
}

function entriesOf(publicKey: string) {
  return site.app.authority.ledger.entriesOfKey(publicKey)
}

beforeAll(async () => {
  ;[site, other] = await Promise.all([BundleSite.create(), BundleSite.create()])
  service = serviceOf(site)
})
afterAll(async () => {
  await site.close()
  await other.close()
})

test('what was commissioned is taken over by a ledger that has not heard of it, once', async () => {
  await expect(service.export(30)).rejects.toMatchObject({ code: 'RESULTS_EMPTY' })
  const [first, second] = [await commission(site, 'pump-1'), await commission(site, 'pump-2')]
  exported = await exportOf(service)
  expect(exported.results.devices.map(({ publicKey }) => publicKey)).toEqual([first, second])
  expect(JSON.stringify(exported)).not.toMatch(/"S[A-Z2-7]{57}"/u)

  // As the one that keeps the books: it issued the first, and has not heard of the second.
  site.app.database.prepare('DELETE FROM credentials WHERE public_key = ?').run(second)
  const path = await fileOf(exported)
  const report = await service.look(path)
  expect(report).toMatchObject({ by: 'sam@field', counts: { new: 1, known: 1, contradicts: 0 } })
  expect(entriesOf(second)).toEqual([])
  await expect(service.take(path, 'another')).rejects.toMatchObject({ code: 'RESULTS_CHANGED' })
  expect(await service.take(path, report.id)).toEqual({ added: 1 })
  expect(entriesOf(second)).toMatchObject([
    { deviceId: 'pump-2', tenant: 'north', delivery: 'commissioning', state: 'active' },
  ])
  // Its credential can be made again here, byte for byte.
  const [entry] = entriesOf(second)
  await expect(site.app.authority.repeatUser(entry?.id ?? '', 'test')).resolves.toMatchObject({
    publicKey: second,
  })
  expect(await service.take(path, report.id)).toEqual({ added: 0 })
})

test('what contradicts the ledger stays out, with the reason', async () => {
  const [second, third, fourth] = [1, 2, 3].map(() => createNkey('user').publicKey) as [
    string,
    string,
    string,
  ]
  const brought = await signed((results) => {
    const [one] = results.devices
    if (one === undefined) throw new Error('nothing to change')
    results.devices = [
      { ...one, deviceId: 'pump-9' },
      { ...one, publicKey: second, tenant: 'nowhere' },
      { ...one, publicKey: third, account: `A${'A'.repeat(55)}` },
      { ...one, publicKey: fourth, signingKey: `A${'A'.repeat(55)}` },
    ]
  })
  const path = await fileOf(brought)
  const { devices, counts, id } = await service.look(path)
  expect(counts).toEqual({ new: 0, known: 0, contradicts: 4 })
  expect(devices.map(({ reason }) => reason)).toEqual([
    'Its key is that of pump-1 here.',
    'There is no such tenant here.',
    'The tenant has another account here.',
    'It was signed by a key that its account does not list any more.',
  ])
  expect(await service.take(path, id)).toEqual({ added: 0 })
  expect(entriesOf(fourth)).toEqual([])
})

test('hostile results are refused with the reason, and nothing is taken over', async () => {
  const changed = structuredClone(exported)
  if (changed.results.devices[0] !== undefined) changed.results.devices[0].deviceId = 'pump-666'
  await commission(other, 'pump-1')
  const foreign = await exportOf(serviceOf(other))
  const newer = { ...exported, results: { ...exported.results, version: 2 } }
  const cases: readonly (readonly [unknown, string])[] = [
    [changed, 'RESULTS_SIGNATURE'],
    [foreign, 'RESULTS_FOREIGN'],
    // The operator's name over another's signature.
    [
      { ...foreign, results: { ...foreign.results, operator: exported.results.operator } },
      'RESULTS_SIGNATURE',
    ],
    [newer, 'RESULTS_TOO_NEW'],
    [{ ...exported, more: 1 }, 'RESULTS_UNKNOWN'],
    ['{"results":', 'RESULTS_UNKNOWN'],
    ['[]', 'RESULTS_UNKNOWN'],
  ]
  for (const [content, code] of cases) {
    await expect(service.look(await fileOf(content)), code).rejects.toMatchObject({ code })
  }
  await expect(service.look(join(site.folder, 'none.json'))).rejects.toMatchObject({
    code: 'RESULTS_UNREADABLE',
  })
})

test('what a removed key of the operator signed counts up to its removal, and not after', async () => {
  const { database } = site.app
  const retire = (at: number) =>
    new AuthorityStore(database).retireKey(exported.signature.key, new Date(at))
  const made = Date.parse(exported.results.createdAt)
  retire(made + DAY_MS)
  const path = await fileOf(exported)
  await expect(service.look(path)).resolves.toMatchObject({ counts: { contradicts: 0 } })
  retire(made - DAY_MS)
  await expect(service.look(path)).rejects.toMatchObject({ code: 'SIGNER_REMOVED' })
})
