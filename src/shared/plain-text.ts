// Control characters, and the separators that some readers take for the end of a line.
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}]/gu
// The same, and the marks that turn the direction of the text around them.
const MISLEADING = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu

/** Foreign text for a place where a new line would mean something: a comment, a heading, a list. */
export function oneLine(text: string): string {
  return text.replaceAll(CONTROLS, ' ')
}

/** Foreign text without what would make it read as something else. */
export function withoutMisleading(text: string): string {
  return text.replaceAll(MISLEADING, '')
}

/** Whether a text may read as something else than it is. */
export function isMisleading(text: string): boolean {
  return withoutMisleading(text) !== text
}
