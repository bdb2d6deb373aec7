import { expect, test } from 'vitest'
import { isMisleading, oneLine, withoutMisleading } from './plain-text.ts'

test.each(['\u0000', '\n', '\r', '\u001B', '\u007F', '\u0085', '\u2028', '\u2029'])(
  'a text with %j is brought into one line, and could mislead',
  (mark) => {
    expect(oneLine(`a${mark}b`)).toBe('a b')
    expect(withoutMisleading(`a${mark}b`)).toBe('ab')
    expect(isMisleading(`a${mark}b`)).toBe(true)
  },
)

test.each(['\u061C', '\u200E', '\u200F', '\u202A', '\u202E', '\u2066', '\u2069'])(
  'a text that %j turns around stays in its line, and could mislead',
  (mark) => {
    expect(oneLine(`a${mark}b`)).toBe(`a${mark}b`)
    expect(withoutMisleading(`a${mark}b`)).toBe('ab')
    expect(isMisleading(`a${mark}b`)).toBe(true)
  },
)

test.each(['', 'Pumpe 3 <b>', 'ä/ß', '温室', 'می\u200Cخواهم', '👩\u200D🔧'])(
  '%j is left as it is',
  (text) => {
    expect(oneLine(text)).toBe(text)
    expect(withoutMisleading(text)).toBe(text)
    expect(isMisleading(text)).toBe(false)
  },
)
