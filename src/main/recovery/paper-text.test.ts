import { randomBytes } from 'node:crypto'
import { assert, property, uint8Array } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesOfPaper, isPaperText, paperTextOf } from './paper-text.ts'

const anyBytes = uint8Array({ minLength: 30, maxLength: 1500 })
const codeOf = (work: () => unknown) => {
  try {
    work()
    return undefined
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('bytes on paper', () => {
  test('come back from lines and from codes, in any order', () => {
    assert(
      property(anyBytes, (bytes) => {
        const { lines, frames, checksum } = paperTextOf(bytes)
        expect(Buffer.from(bytesOfPaper(lines.toReversed().join('\n'), checksum))).toEqual(
          Buffer.from(bytes),
        )
        expect(Buffer.from(bytesOfPaper(frames.toReversed().join('\r\n')))).toEqual(
          Buffer.from(bytes),
        )
        expect(isPaperText(lines.join('\n'))).toBe(true)
        expect(isPaperText(frames.join('\n'))).toBe(true)
      }),
    )
  })

  test('are typed as people type: small letters, no spaces, digits for letters', () => {
    const bytes = randomBytes(200)
    const { lines, checksum } = paperTextOf(bytes)
    const typed = lines.map((line) => {
      const [number = '', ...groups] = line.toLowerCase().split(' ')
      return `${Number(number)}. ${groups.join('').replaceAll('o', '0').replaceAll('b', '8')}`
    })
    expect(Buffer.from(bytesOfPaper(typed.join('\n'), checksum.toLowerCase()))).toEqual(bytes)
  })

  test('tell the line that is mistyped, and the one that is missing', () => {
    const { lines } = paperTextOf(randomBytes(200))
    const mistyped = lines.with(
      2,
      (lines[2] ?? '').replace(/.$/u, (last) => (last === 'A' ? 'C' : 'A')),
    )
    expect(() => bytesOfPaper(mistyped.join('\n'))).toThrow(/^Line 03 is mistyped/)
    expect(() => bytesOfPaper(lines.toSpliced(1, 1).join('\n'))).toThrow(/^Line 2 is missing/)
    expect(() => bytesOfPaper('hello')).toThrow(/mistyped/)
  })

  test('tell a code that is missing', () => {
    const { frames } = paperTextOf(randomBytes(1200))
    expect(frames).toHaveLength(3)
    expect(() => bytesOfPaper(frames.toSpliced(1, 1).join('\n'))).toThrow(/code 2 of 3 is missing/)
  })

  test('are not taken when lines at the end are missing', () => {
    const { lines, checksum } = paperTextOf(randomBytes(200))
    const cut = lines.slice(0, -1).join('\n')
    expect(codeOf(() => bytesOfPaper(cut, checksum))).toBe('PAPER_CHECKSUM')
  })

  test('catch nearly every single wrong letter in a line', () => {
    const { lines } = paperTextOf(randomBytes(25))
    const [line = ''] = lines
    let missed = 0
    let tried = 0
    for (let at = 3; at < line.length; at += 1) {
      for (const letter of 'ACEGIKMOQSUWY246') {
        if (line[at] === ' ' || line[at] === letter) continue
        tried += 1
        const changed = line.slice(0, at) + letter + line.slice(at + 1)
        if (codeOf(() => bytesOfPaper(changed)) !== 'PAPER_LINE') missed += 1
      }
    }
    expect(missed / tried).toBeLessThan(0.01)
  })
})
