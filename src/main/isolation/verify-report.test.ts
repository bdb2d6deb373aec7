import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { sign } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { SignedReport } from '#shared/contract/isolation.ts'
import { makeReport } from '../../../tests/support/isolation-reports.ts'
import { createNkey, privateKeyOf } from '../authority/nkey.ts'
import { reportHtml } from './report-html.ts'
import { statementOf } from './report-signature.ts'
import { verifyReport } from './verify-report.ts'

const SIGNED_AT = '2026-01-02T03:04:05.000Z'
const SCRIPT = join(import.meta.dirname, '../../../scripts/verify-isolation-report.mjs')

function signedReport(): SignedReport & { readonly key: string } {
  const report = makeReport({
    id: 'r1',
    tenants: [
      { name: 'alpha', isolation: 'account' },
      { name: 'a-shared', isolation: 'shared' },
      { name: 'b-shared', isolation: 'shared' },
    ],
    endedAt: new Date(SIGNED_AT),
  })
  const { publicKey: key, seed } = createNkey('operator')
  const signature = sign(null, Buffer.from(statementOf(report, SIGNED_AT)), privateKeyOf(seed).key)
  return {
    report,
    key,
    signature: {
      algorithm: 'ed25519',
      key,
      signedAt: SIGNED_AT,
      signature: signature.toString('base64url'),
    },
  }
}

function fileOf({ report, signature }: SignedReport): string {
  return `${JSON.stringify({ report, signature }, undefined, 2)}\n`
}

test('a report is genuine as JSON and as HTML, also with its members in another order', () => {
  const signed = signedReport()
  const { report, signature } = signed
  const turned = Object.fromEntries(Object.entries(report).toReversed())
  const files = [
    fileOf(signed),
    reportHtml({ report, signature }),
    JSON.stringify({ signature, report: turned }),
  ]
  for (const file of files) {
    expect(verifyReport(file, [signed.key])).toMatchObject({
      result: 'genuine',
      key: signed.key,
      summary: { verdict: 'failed', tenants: 3 },
    })
  }
})

test('a report of another operator is told from ours', () => {
  expect(verifyReport(fileOf(signedReport()), [createNkey('operator').publicKey])).toMatchObject({
    result: 'foreign',
  })
})

test.each([
  ['the verdict', (text: string) => text.replace('"verdict": "failed"', '"verdict": "passed"')],
  ['an outcome', (text: string) => text.replace('"crossed"', '"refused"')],
  ['a finding', (text: string) => text.replace('read replies', 'saw nothing')],
  [
    'the moment of signing',
    (text: string) => text.replace(SIGNED_AT, SIGNED_AT.replace('01', '02')),
  ],
  ['the signature', (text: string) => text.replace(/"signature": "../u, '"signature": "AA')],
])('a report with %s changed is altered', (_what, change) => {
  const signed = signedReport()
  const tampered = change(fileOf(signed))
  expect(tampered).not.toBe(fileOf(signed))
  expect(verifyReport(tampered, [signed.key])).toMatchObject({ result: 'altered', summary: null })
})

test('a report under another key than the one that signed it is altered', () => {
  const { report, signature } = signedReport()
  const key = createNkey('operator').publicKey
  const stolen = { report, signature: signature === null ? null : { ...signature, key } }
  expect(verifyReport(JSON.stringify(stolen), [key]).result).toBe('altered')
})

test('a user’s or an account’s key signs no report', () => {
  const { report, signature } = signedReport()
  const { publicKey: key, seed } = createNkey('account')
  const forged = sign(null, Buffer.from(statementOf(report, SIGNED_AT)), privateKeyOf(seed).key)
  const text = { report, signature: { ...signature, key, signature: forged.toString('base64url') } }
  expect(verifyReport(JSON.stringify(text), [key]).result).toBe('altered')
})

test('a page that shows something else than its signed data is altered', () => {
  const { report, signature, key } = signedReport()
  const page = reportHtml({ report, signature })
  const prettier = page.replace('pairs are not isolated', 'pairs are isolated')
  expect(prettier).not.toBe(page)
  expect(verifyReport(prettier, [key])).toMatchObject({
    result: 'altered',
    text: expect.stringContaining('shows something else'),
  })
})

test('a page of another layout is checked by its data, and that is said', () => {
  const { report, signature, key } = signedReport()
  const page = reportHtml({ report, signature }).replace(/layout \d+/u, 'layout 999')
  expect(verifyReport(page, [key])).toMatchObject({
    result: 'genuine',
    text: expect.stringContaining('only its data was checked'),
  })
})

test('an unsigned report proves nothing', () => {
  const { report } = signedReport()
  expect(verifyReport(JSON.stringify({ report, signature: null }), [])).toMatchObject({
    result: 'unsigned',
  })
})

test.each(['', '{}', 'hello', '<!doctype html><p>hello', '{"report":{},"signature":null}'])(
  'what is no report is refused: %j',
  (text) => {
    expect(() => verifyReport(text, [])).toThrow(
      expect.objectContaining({ code: 'REPORT_UNREADABLE' }),
    )
  },
)

test('a name that is markup stays text in the page', () => {
  const report = makeReport({
    id: 'r2',
    tenants: [
      { name: '</script><script>alert(1)</script>', isolation: 'shared' },
      { name: '"><img src=x>', isolation: 'shared' },
    ],
    endedAt: new Date(SIGNED_AT),
  })
  const page = reportHtml({ report, signature: null })
  expect(page).not.toContain('<script>alert')
  expect(page).not.toContain('<img')
  expect(page.match(/<script/gu)).toHaveLength(1)
})

test('the script for those without Muster agrees', () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-report-'))
  const { report, signature, key } = signedReport()
  const good = join(folder, 'good.html')
  const bad = join(folder, 'bad.json')
  writeFileSync(good, reportHtml({ report, signature }))
  writeFileSync(bad, JSON.stringify({ report: { ...report, verdict: 'passed' }, signature }))
  expect(execFileSync(process.execPath, [SCRIPT, good], { encoding: 'utf8' })).toContain(key)
  const refused = spawnSync(process.execPath, [SCRIPT, bad], { encoding: 'utf8' })
  expect(refused.status).toBe(1)
  expect(refused.stderr).toContain('ALTERED')
  rmSync(folder, { recursive: true })
})
