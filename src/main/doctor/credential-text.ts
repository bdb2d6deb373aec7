/** What happened to a file on its way, as far as its bytes show. */
export type TextOddity = 'utf-16' | 'byte-order-mark' | 'crlf' | 'html' | 'quoted'

export interface ReadText {
  readonly text: string
  readonly oddities: readonly TextOddity[]
}

/** The text of a file, whatever an editor, a shell or a browser made of it. */
export function textOfBytes(bytes: Uint8Array): ReadText {
  const [first, second] = bytes
  // PowerShell's `>` writes UTF-16.
  if (first === 0xff && second === 0xfe) return cleaned(decode(bytes, 'utf-16le'), ['utf-16'])
  if (first === 0xfe && second === 0xff) return cleaned(decode(bytes, 'utf-16be'), ['utf-16'])
  if (bytes.length > 3 && first !== 0 && second === 0 && bytes[3] === 0) {
    return cleaned(decode(bytes, 'utf-16le'), ['utf-16'])
  }
  return cleanText(decode(bytes, 'utf-8'))
}

/** A text without what does not belong to it: byte order mark, carriage returns, markup, quotes. */
export function cleanText(text: string): ReadText {
  return cleaned(text, [])
}

function cleaned(text: string, oddities: TextOddity[]): ReadText {
  let clean = text
  const strip = (oddity: TextOddity, next: string) => {
    if (next === clean) return
    clean = next
    oddities.push(oddity)
  }
  strip('byte-order-mark', clean.replace(/^\uFEFF/u, ''))
  strip('crlf', clean.replaceAll(/\r\n?/gu, '\n'))
  if (/<(?:!doctype|html|head|body|pre|div|p|br)\b[^>]{0,1000}>/iu.test(clean)) {
    strip('html', withoutMarkup(clean))
  }
  // Copied out of a chat or a mail.
  strip('quoted', clean.replaceAll(/^(?:[>|] ?)+(?=-{3,}|eyJ|S[UAO][A-Z2-7])/gmu, ''))
  return { text: clean.replaceAll('\u0000', '').replaceAll('\u00A0', ' ').trim(), oddities }
}

function withoutMarkup(text: string): string {
  return withoutBlocks(withoutBlocks(text, 'script'), 'style')
    .replaceAll(/<(?:br|\/p|\/div|\/li|\/tr)\b[^>]{0,1000}>/giu, '\n')
    .replaceAll(/<[^<>]{1,1000}>/gu, '')
    .replaceAll(/&(?:#13|#x0?d);/giu, '')
    .replaceAll(/&(?:quot|#34);/giu, '"')
    .replaceAll(/&(?:nbsp|#160);/giu, ' ')
    .replaceAll(/&(?:lt|#60);/giu, '<')
    .replaceAll(/&(?:gt|#62);/giu, '>')
    .replaceAll(/&(?:amp|#38);/giu, '&')
}

/** Without the elements of this name and what is in them; a pattern would take minutes on a hostile text. */
function withoutBlocks(text: string, name: string): string {
  const lower = text.toLowerCase()
  const parts: string[] = []
  let from = 0
  for (;;) {
    const begin = lower.indexOf(`<${name}`, from)
    const end = begin < 0 ? -1 : lower.indexOf(`</${name}`, begin)
    if (end < 0) return parts.join('') + text.slice(from)
    parts.push(text.slice(from, begin))
    from = end
  }
}

function decode(bytes: Uint8Array, encoding: 'utf-8' | 'utf-16le' | 'utf-16be'): string {
  // In UTF-8 the mark is worth a word; in UTF-16 it goes without saying.
  return new TextDecoder(encoding, { ignoreBOM: encoding === 'utf-8' }).decode(bytes)
}
