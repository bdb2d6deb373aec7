export type JsonTokenKind = 'key' | 'text' | 'number' | 'word' | 'other'

export interface JsonToken {
  readonly kind: JsonTokenKind
  readonly text: string
  /** Where it begins in the whole. */
  readonly at: number
}

const TOKEN =
  /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b/gu

/**
 * Cuts JSON text into pieces to colour; joined they are the text again. Text that is not JSON
 * comes back as it is, mostly as `other`.
 */
export function jsonTokens(json: string): JsonToken[] {
  const tokens: JsonToken[] = []
  let end = 0
  let at = 0
  const push = (kind: JsonTokenKind, text: string) => {
    if (text !== '') tokens.push({ kind, text, at })
    at += text.length
  }
  for (const match of json.matchAll(TOKEN)) {
    push('other', json.slice(end, match.index))
    end = match.index + match[0].length
    const [, quoted, colon, number, word] = match
    if (quoted !== undefined) {
      push(colon === undefined ? 'text' : 'key', quoted)
      push('other', colon ?? '')
    } else if (number === undefined) push('word', word ?? '')
    else push('number', number)
  }
  push('other', json.slice(end))
  return tokens
}

/** A value as indented JSON; what JSON cannot say becomes a plain text. */
export function prettyJson(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? 'null'
}

/** JSON text indented; other text as it is. */
export function prettyJsonText(text: string): string {
  try {
    return prettyJson(JSON.parse(text))
  } catch {
    return text
  }
}
