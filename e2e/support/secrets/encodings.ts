/** Bytes as they stand when something carries them in another form. */
export interface EncodedForm {
  readonly encoding: string
  readonly bytes: Buffer
}

/** Every form in which bytes may stand in a file, a frame or a heap. */
export function formsOf(value: Buffer): readonly EncodedForm[] {
  const text = value.toString('latin1')
  const hex = value.toString('hex')
  const forms: EncodedForm[] = [
    { encoding: 'plain', bytes: value },
    { encoding: 'hex', bytes: Buffer.from(hex) },
    { encoding: 'hex', bytes: Buffer.from(hex.toUpperCase()) },
    // One zero byte at the end less than either byte order has, so that it fits both.
    { encoding: 'utf-16', bytes: Buffer.from(text, 'utf16le').subarray(0, -1) },
    { encoding: 'url', bytes: Buffer.from(encodeURIComponent(text)) },
    { encoding: 'json', bytes: Buffer.from(JSON.stringify(text).slice(1, -1)) },
    ...[0, 1, 2].flatMap((shift) => [
      { encoding: 'base64', bytes: innerBase64(value, shift, 'base64') },
      { encoding: 'base64url', bytes: innerBase64(value, shift, 'base64url') },
    ]),
  ]
  return distinct(forms)
}

/**
 * What is the same of a value's base64 whatever stands around it, for each of the three places where
 * it can begin within a group of three bytes.
 */
function innerBase64(value: Buffer, shift: number, encoding: 'base64' | 'base64url'): Buffer {
  const encoded = Buffer.concat([Buffer.alloc(shift), value])
  const text = encoded.toString(encoding).replaceAll('=', '')
  const first = Math.ceil((shift * 8) / 6)
  const last = encoded.length % 3 === 0 ? text.length : text.length - 1
  return Buffer.from(text.slice(first, last))
}

function distinct(forms: readonly EncodedForm[]): EncodedForm[] {
  const seen = new Set<string>()
  return forms.filter(({ bytes }) => {
    const key = bytes.toString('latin1')
    return !seen.has(key) && seen.add(key)
  })
}
