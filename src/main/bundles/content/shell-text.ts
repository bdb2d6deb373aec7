/** A word for a POSIX shell, quoted where it has to be. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/u.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** A text that goes into one line: what would end the line is taken out. */
export function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are exactly what it takes out
  return text.replaceAll(/[\u0000-\u001f\u007f]/gu, ' ')
}
