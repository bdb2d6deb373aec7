import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { RejectedError } from '#shared/errors.ts'
import { decodeBase32, encodeBase32 } from '../authority/base32.ts'

// The sealed bytes on paper, twice: as QR codes, and as numbered lines that a person can type. Each
// line carries a check of its own, so that a typing error is found where it is.

const GROUP_CHARS = 5
const LINE_CHARS = 40
const CHECK_CHARS = 2
const CHECKSUM_CHARS = 8
/** What an alphanumeric QR code holds that a phone still reads from an office printer's paper. */
const FRAME_CHARS = 700
const FRAME = /^MUSTER-KIT (\d+)\/(\d+) ([A-Z2-7]+)$/u

export interface PaperText {
  /** `01 ABCDE FGHIJ … XY` */
  readonly lines: readonly string[]
  /** `MUSTER-KIT 1/2 ABC…`: capitals, digits, dash, slash, space, so a code holds most. */
  readonly frames: readonly string[]
  /** Of everything: tells that it was read back whole. */
  readonly checksum: string
}

/** Bytes as they are printed. */
export function paperTextOf(bytes: Uint8Array): PaperText {
  const text = encodeBase32(bytes)
  const rows = chunks(text, LINE_CHARS)
  const frames = chunks(text, FRAME_CHARS)
  return {
    lines: rows.map((row, index) => {
      const number = String(index + 1).padStart(2, '0')
      return `${number} ${chunks(row, GROUP_CHARS).join(' ')} ${checkOf(index + 1, row)}`
    }),
    frames: frames.map((frame, index) => `MUSTER-KIT ${index + 1}/${frames.length} ${frame}`),
    checksum: checksumOf(bytes),
  }
}

/**
 * The bytes of what was typed or scanned: numbered lines or scanned codes, in any order.
 * @throws RejectedError `PAPER_LINE` with the number of the line that is mistyped or missing,
 *   `PAPER_CODE` where a code is missing, `PAPER_CHECKSUM`.
 */
export function bytesOfPaper(typed: string, checksum?: string): Uint8Array {
  const rows = typed
    .split(/\r?\n/u)
    .map((row) => row.trim().toUpperCase())
    .filter((row) => row !== '')
  const codes = rows.map((row) => FRAME.exec(row)).filter((match) => match !== null)
  const text = codes.length > 0 ? textOfCodes(codes) : textOfLines(rows)
  const bytes = decodeBase32(text)
  const isWhole =
    bytes !== undefined && (checksum === undefined || checksumOf(bytes) === letters(checksum))
  if (!isWhole) {
    throw new RejectedError({
      code: 'PAPER_CHECKSUM',
      message: 'Every line reads well by itself, and together they are not the printed kit.',
      advice: 'See that the lines are all there, and all from the same page.',
    })
  }
  return bytes
}

/** Whether a text looks like typed lines or scanned codes rather than like a kit file. */
export function isPaperText(text: string): boolean {
  return /^\s*(?:MUSTER-KIT \d|\d\d [A-Z0-9]{5} )/iu.test(text)
}

function textOfCodes(codes: readonly RegExpExecArray[]): string {
  const count = Number(codes[0]?.[2])
  const parts = new Map(codes.map((match) => [Number(match[1]), match[3] ?? '']))
  for (let number = 1; number <= count; number += 1) {
    if (parts.has(number)) continue
    throw new RejectedError({
      code: 'PAPER_CODE',
      message: `The code ${number} of ${count} is missing.`,
      advice: 'Scan every code of the page, each into a line of its own.',
      details: { number, count },
    })
  }
  return Array.from({ length: count }, (_, index) => parts.get(index + 1)).join('')
}

function textOfLines(rows: readonly string[]): string {
  const parts = new Map<number, string>()
  for (const row of rows) {
    const [, digits = '', rest = ''] = /^(\d{1,3})[\s.:)]+(.+)$/u.exec(row) ?? []
    const number = Number(digits)
    const all = letters(rest)
    const text = all.slice(0, -CHECK_CHARS)
    if (number < 1 || checkOf(number, text) !== all.slice(-CHECK_CHARS)) throw badLine(digits, row)
    parts.set(number, text)
  }
  const last = Math.max(0, ...parts.keys())
  for (let number = 1; number <= last; number += 1) {
    if (!parts.has(number)) throw missingLine(number)
  }
  return Array.from({ length: last }, (_, index) => parts.get(index + 1)).join('')
}

/** Base32 has no 0, 1 and 8: whoever types one means the letter that looks like it. */
function letters(text: string): string {
  return text
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]/gu, '')
    .replaceAll('0', 'O')
    .replaceAll('1', 'I')
    .replaceAll('8', 'B')
}

function checkOf(number: number, text: string): string {
  const bits = crc32(`${number} ${text}`) >>> 0
  const bytes = Uint8Array.of((bits >>> 8) & 255, bits & 255)
  return encodeBase32(bytes).slice(0, CHECK_CHARS)
}

function checksumOf(bytes: Uint8Array): string {
  return encodeBase32(createHash('sha256').update(bytes).digest()).slice(0, CHECKSUM_CHARS)
}

function chunks(text: string, length: number): string[] {
  return text.match(new RegExp(`.{1,${length}}`, 'gu')) ?? []
}

function badLine(digits: string, row: string): RejectedError {
  const which = digits === '' ? `"${row.slice(0, 12)}…"` : digits
  return new RejectedError({
    code: 'PAPER_LINE',
    message: `Line ${which} is mistyped: its last two characters do not fit the others.`,
    advice: 'Compare it with the page, letter by letter. Each line begins with its number.',
    details: { line: Number(digits) },
  })
}

function missingLine(number: number): RejectedError {
  return new RejectedError({
    code: 'PAPER_LINE',
    message: `Line ${number} is missing.`,
    advice: 'Type it as well; the order does not matter.',
    details: { line: number },
  })
}
