import { isStrictName } from '#shared/protocol/names.ts'
import { foldedName, newNameProblem } from '#shared/protocol/tenant-names.ts'
import { oneLine } from '#shared/plain-text.ts'
import type { Isolation } from '../authority/authority-store.ts'

/** Lines with a problem that are told one by one; the others are counted. */
const MAX_PROBLEMS = 1_000
/** Of a line that can't be used, as much as helps to find it. */
const SHOWN_CHARACTERS = 60
export const MAX_CREDENTIALS_PER_TENANT = 1_000
/** More is a slip of the keyboard, and would only be refused later. */
const MAX_CREDENTIALS = 50_000

/** A tenant of a batch. */
export interface PlannedTenant {
  readonly line: number
  readonly name: string
  readonly isolation: Isolation
  readonly credentials: readonly string[]
}

export interface LineProblem {
  /** From 1; 0 for the list as a whole. */
  readonly line: number
  readonly text: string
  readonly reason: string
}

export interface ParsedList {
  readonly tenants: readonly PlannedTenant[]
  /** The first thousand. */
  readonly problems: readonly LineProblem[]
  readonly problemCount: number
}

export interface ListDefaults {
  readonly isolation: Isolation
  readonly credentials: number
  readonly credentialName: string
}

interface Columns {
  readonly tenant: number
  readonly credentials: number
  readonly isolation: number
}

const PLAIN_COLUMNS: Columns = { tenant: 0, credentials: 1, isolation: 2 }

/**
 * Reads a pasted list or CSV: one tenant a line, `tenant,credentials,isolation`, with or without a line of
 * titles; comma, semicolon or tab between fields, quotes as in RFC 4180, any line end, a byte order mark.
 * Credentials are a number, or names with spaces, `|` or (where that does not part fields) `;` between. Blank
 * lines and lines that begin with `#` are passed over.
 * @param taken names of the tenants that there are
 */
export function parseTenantList(
  text: string,
  defaults: ListDefaults,
  taken: Iterable<string>,
): ParsedList {
  const problems: LineProblem[] = []
  let problemCount = 0
  const report = (line: number, content: string, reason: string) => {
    problemCount += 1
    if (problems.length < MAX_PROBLEMS) problems.push({ line, text: shown(content), reason })
  }
  const known = new Map([...taken].map((name) => [foldedName(name), { name, line: 0 }]))
  const tenants: PlannedTenant[] = []
  let columns: Columns | undefined
  let credentialCount = 0
  const content = text.startsWith('\uFEFF') ? text.slice(1) : text
  const separator = separatorOf(content)
  for (const { line, raw, fields, broken } of records(content, separator)) {
    if (raw.trim() === '' || raw.trimStart().startsWith('#')) continue
    if (broken !== undefined) {
      report(line, raw, broken)
      continue
    }
    if (columns === undefined) {
      columns = titlesOf(fields)
      if (columns !== undefined) continue
      columns = PLAIN_COLUMNS
    }
    const read = readTenant(fields, columns, defaults)
    if (typeof read === 'string') {
      report(line, raw, read)
      continue
    }
    const other = known.get(foldedName(read.name))
    if (other !== undefined) {
      report(line, raw, clashOf(read.name, other))
      continue
    }
    known.set(foldedName(read.name), { name: read.name, line })
    credentialCount += read.credentials.length
    if (credentialCount > MAX_CREDENTIALS) {
      report(0, '', `These are more than ${MAX_CREDENTIALS} credentials. Make several batches.`)
      break
    }
    tenants.push({ line, ...read })
  }
  return { tenants, problems, problemCount }
}

function readTenant(
  fields: readonly string[],
  columns: Columns,
  defaults: ListDefaults,
): Omit<PlannedTenant, 'line'> | string {
  const name = (fields[columns.tenant] ?? '').trim()
  const problem = newNameProblem(name)
  if (problem !== undefined) return problem
  const isolation = isolationOf((fields[columns.isolation] ?? '').trim(), defaults.isolation)
  if (isolation === undefined) return 'Isolation is “account” or “shared”.'
  const credentials = credentialsOf((fields[columns.credentials] ?? '').trim(), defaults)
  if (typeof credentials === 'string') return credentials
  const extra = fields.slice(3).some((field) => field.trim() !== '')
  if (extra && columns === PLAIN_COLUMNS) return 'The line has more than three fields.'
  return { name, isolation, credentials }
}

/** Names of credentials, or what is wrong with them. */
function credentialsOf(field: string, defaults: ListDefaults): readonly string[] | string {
  if (field === '') return numbered(defaults.credentialName, defaults.credentials)
  if (/^\d+$/u.test(field)) {
    const count = Number(field)
    return count > MAX_CREDENTIALS_PER_TENANT
      ? `A tenant gets at most ${MAX_CREDENTIALS_PER_TENANT} credentials in a batch.`
      : numbered(defaults.credentialName, count)
  }
  const names = field.split(/[\s;|]+/u).filter((name) => name !== '')
  if (names.length > MAX_CREDENTIALS_PER_TENANT) {
    return `A tenant gets at most ${MAX_CREDENTIALS_PER_TENANT} credentials in a batch.`
  }
  const seen = new Set<string>()
  for (const name of names) {
    const problem = newNameProblem(name)
    if (problem !== undefined) return `Credential ${shown(name)}: ${problem}`
    if (seen.has(foldedName(name))) return `The credential ${shown(name)} comes twice.`
    seen.add(foldedName(name))
  }
  return names
}

/** `device-1` to `device-12`, padded so that files sort: `device-01`. */
export function numbered(name: string, count: number): string[] {
  const width = String(count).length
  return Array.from(
    { length: count },
    (_none, index) => `${name}-${String(index + 1).padStart(width, '0')}`,
  )
}

function isolationOf(field: string, fallback: Isolation): Isolation | undefined {
  if (field === '') return fallback
  const word = field.toLowerCase()
  return word === 'account' || word === 'shared' ? word : undefined
}

/** Where the columns are, if this is a line of titles. */
function titlesOf(fields: readonly string[]): Columns | undefined {
  const titles = fields.map((field) => field.trim().toLowerCase())
  const find = (...names: string[]) => titles.findIndex((title) => names.includes(title))
  const tenant = find('tenant', 'tenants')
  if (tenant < 0) {
    const name = find('name')
    // One tenant may be called so; a title has others beside it.
    if (name < 0 || find('credentials', 'isolation') < 0) return undefined
    return { tenant: name, credentials: find('credentials'), isolation: find('isolation') }
  }
  return { tenant, credentials: find('credentials'), isolation: find('isolation') }
}

function clashOf(name: string, other: { readonly name: string; readonly line: number }): string {
  if (other.line === 0) {
    return other.name === name
      ? 'There is a tenant of this name already.'
      : `There is a tenant ${other.name} already; names that differ in capitals only are one folder on Windows and macOS.`
  }
  return other.name === name
    ? `The same name stands in line ${other.line}.`
    : `Line ${other.line} has ${other.name}; names that differ in capitals only are one folder on Windows and macOS.`
}

interface TextRecord {
  readonly line: number
  readonly raw: string
  readonly fields: readonly string[]
  readonly broken?: string
}

/** The separator of the first line that has one; a spreadsheet writes semicolons in half of Europe. */
function separatorOf(text: string): string {
  for (const line of text.slice(0, 4_096).split(/\r\n|\n|\r/u)) {
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue
    const plain = line.replaceAll(/"[^"]*"/gu, '')
    return plain.includes('\t') ? '\t' : plain.includes(',') ? ',' : plain.includes(';') ? ';' : ','
  }
  return ','
}

/** Lines with their fields. No name has a line end in it, so a quote that is not closed on its line is an error. */
function* records(text: string, separator: string): Generator<TextRecord> {
  let line = 0
  let start = 0
  while (start <= text.length) {
    line += 1
    const end = endOfLine(text, start)
    const raw = text.slice(start, end)
    start = end + (text[end] === '\r' && text[end + 1] === '\n' ? 2 : 1)
    if (raw.includes('"')) yield { line, raw, ...quotedFields(raw, separator) }
    else yield { line, raw, fields: raw.split(separator) }
  }
}

function endOfLine(text: string, start: number): number {
  for (let index = start; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === 10 || code === 13) return index
  }
  return text.length
}

function quotedFields(
  raw: string,
  separator: string,
): { readonly fields: readonly string[]; readonly broken?: string } {
  const fields: string[] = []
  let rest = raw
  for (;;) {
    const match = /^\s*"((?:[^"]|"")*)"\s*/u.exec(rest)
    if (match === null) {
      const end = rest.indexOf(separator)
      const field = end < 0 ? rest : rest.slice(0, end)
      if (field.includes('"')) return { fields, broken: 'A quote is not closed on this line.' }
      fields.push(field)
      if (end < 0) return { fields }
      rest = rest.slice(end + 1)
      continue
    }
    fields.push((match[1] ?? '').replaceAll('""', '"'))
    rest = rest.slice(match[0].length)
    if (rest === '') return { fields }
    if (!rest.startsWith(separator)) {
      return { fields, broken: 'Something follows a closing quote.' }
    }
    rest = rest.slice(1)
  }
}

/** As much of a line as helps to find it, without control characters. */
function shown(text: string): string {
  const clean = oneLine(text.trim())
  return clean.length > SHOWN_CHARACTERS ? `${clean.slice(0, SHOWN_CHARACTERS)}…` : clean
}

/** Whether a name may stand before the numbers of credentials. */
export function isCredentialName(name: string): boolean {
  return isStrictName(name) && newNameProblem(name) === undefined
}
