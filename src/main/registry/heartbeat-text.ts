import type { DeviceEntry } from './device-entry.ts'

const ZERO = 0x30
const NINE = 0x39
const DOT = 0x2e

/**
 * Whether a heartbeat is byte for byte the last one of this device but for the number of `ts`.
 * Then nothing changed and nothing has to be parsed. Notes the device's clock. This runs for
 * nearly every message that the registry gets: it allocates nothing.
 */
export function isSameBeat(entry: DeviceEntry, data: Uint8Array): boolean {
  const last = entry.beatText
  const hole = entry.beatTsStart
  if (hole < 0 || data.length <= hole) return false
  for (let index = 0; index < hole; index += 1) {
    if (data[index] !== last.charCodeAt(index)) return false
  }
  let at = hole
  let seconds = 0
  let unit = data[at] ?? 0
  for (; unit >= ZERO && unit <= NINE; unit = data[++at] ?? 0) seconds = seconds * 10 + unit - ZERO
  if (at === hole) return false
  if (unit === DOT) {
    const fraction = at + 1
    let scale = 0.1
    at = fraction
    unit = data[at] ?? 0
    for (; unit >= ZERO && unit <= NINE; unit = data[++at] ?? 0) {
      seconds += (unit - ZERO) * scale
      scale /= 10
    }
    if (at === fraction) return false
  }
  const rest = entry.beatTsEnd
  if (data.length - at !== last.length - rest) return false
  for (let index = rest; index < last.length; index += 1, at += 1) {
    if (data[at] !== last.charCodeAt(index)) return false
  }
  entry.deviceClockSeconds = seconds
  return true
}

/** Keeps a heartbeat that parsed well as what the next one is compared with. */
export function rememberBeat(entry: DeviceEntry, data: Uint8Array): void {
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1')
  const hole = numberOfTopLevelKey(text, 'ts')
  entry.beatText = hole === undefined ? '' : text
  entry.beatTsStart = hole?.start ?? -1
  entry.beatTsEnd = hole?.end ?? -1
}

const NUMBER = /[0-9]+(?:\.[0-9]+)?(?=[\s,}])/y

/**
 * Where the plain decimal number of a top-level key stands in the text of a JSON object. The text
 * is known to be JSON, so strings and brackets are all there is to watch.
 */
export function numberOfTopLevelKey(
  text: string,
  key: string,
): { readonly start: number; readonly end: number } | undefined {
  const quoted = `"${key}"`
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]
    if (character === '{' || character === '[') depth += 1
    else if (character === '}' || character === ']') depth -= 1
    else if (character === '"') {
      const end = endOfString(text, at)
      const colon = skipSpace(text, end)
      if (depth === 1 && text[colon] === ':' && text.slice(at, end) === quoted) {
        NUMBER.lastIndex = skipSpace(text, colon + 1)
        const found = NUMBER.exec(text)
        return found === null
          ? undefined
          : { start: found.index, end: found.index + found[0].length }
      }
      at = end - 1
    }
  }
  return undefined
}

/** The index behind the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function skipSpace(text: string, start: number): number {
  let at = start
  while (at < text.length && ' \t\r\n'.includes(text[at] ?? '')) at += 1
  return at
}
