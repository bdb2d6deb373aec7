// Control characters, and those that reorder or hide text around them (bidi controls,
// zero-width characters, line separators, the byte order mark, lone surrogates).
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/**
 * Text from a device in the form in which it may be shown and logged: without control and
 * formatting characters, trimmed, at most `maxLength` characters. Markup stays what it is, text.
 */
export function cleanText(text: string, maxLength: number): string {
  const cleaned = text
    .slice(0, maxLength * 4)
    .replaceAll(UNPRINTABLE, '')
    .trim()
  return Array.from(cleaned).slice(0, maxLength).join('')
}
