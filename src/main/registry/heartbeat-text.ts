import type { DeviceEntry } from './device-entry.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const DOT = 0x2e
const ZERO = 0x30
const NINE = 0x39
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const TS = Buffer.from('ts')

/**
 * Whether a heartbeat is byte for byte the last one of this device but for the number of `ts`.
 * Then nothing changed and nothing has to be parsed. Notes the device's clock. This runs for
 * nearly every message that the registry gets: it allocates nothing.
 */
export function isSameBeat(entry: DeviceEntry, data: Uint8Array): boolean {
  const hole = entry.beatTsStart
  if (hole < 0 || data.length <= hole || !entry.beatHas(0, hole, data, 0)) return false
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
  const { beatBytes } = entry
  if (data.length - at !== beatBytes - rest || !entry.beatHas(rest, beatBytes, data, at)) {
    return false
  }
  entry.deviceClockSeconds = seconds
  return true
}

/** Keeps a heartbeat that parsed well as what the next one is compared with. */
export function rememberBeat(entry: DeviceEntry, data: Uint8Array): void {
  const hole = entry.beatTsStart
  // What begins as the last one did has its time where that had it.
  const isAlike = hole > 0 && data.length > hole && entry.beatHas(0, hole, data, 0)
  const found = isAlike ? plainNumberAt(data, hole) : numberOfTopLevelKey(data, TS)
  if (found === undefined) entry.forgetBeat()
  else entry.keepBeat(data, found.start, found.end)
}

interface Span {
  readonly start: number
  readonly end: number
}

/**
 * Where the plain decimal number of a top-level key stands in the text of a JSON object. The text
 * is known to be JSON, so strings and brackets are all there is to watch.
 * @param text as UTF-8
 */
export function numberOfTopLevelKey(text: Uint8Array, key: Uint8Array): Span | undefined {
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const unit = text[at]
    if (unit === OPEN_BRACE || unit === OPEN_BRACKET) depth += 1
    else if (unit === CLOSE_BRACE || unit === CLOSE_BRACKET) depth -= 1
    else if (unit === QUOTE) {
      const end = endOfString(text, at)
      if (depth === 1 && isBetween(text, at + 1, end - 1, key)) {
        const colon = skipSpace(text, end)
        if (text[colon] === COLON) return plainNumberAt(text, skipSpace(text, colon + 1))
      }
      at = end - 1
    }
  }
  return undefined
}

/** Digits, perhaps a dot and more digits, and then the end of the value. */
function plainNumberAt(text: Uint8Array, start: number): Span | undefined {
  let end = endOfDigits(text, start)
  if (end === start) return undefined
  if (text[end] === DOT) {
    const fraction = end + 1
    end = endOfDigits(text, fraction)
    if (end === fraction) return undefined
  }
  const next = text[end] ?? 0
  return next === COMMA || next === CLOSE_BRACE || isSpace(next) ? { start, end } : undefined
}

function endOfDigits(text: Uint8Array, start: number): number {
  let at = start
  for (let unit = text[at] ?? 0; unit >= ZERO && unit <= NINE; unit = text[at] ?? 0) at += 1
  return at
}

function isBetween(text: Uint8Array, start: number, end: number, key: Uint8Array): boolean {
  if (end - start !== key.length) return false
  for (let index = 0; index < key.length; index += 1) {
    if (text[start + index] !== key[index]) return false
  }
  return true
}

/** The index behind the string that begins at `start`. */
function endOfString(text: Uint8Array, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== QUOTE) at += text[at] === BACKSLASH ? 2 : 1
  return at + 1
}

function skipSpace(text: Uint8Array, start: number): number {
  let at = start
  while (at < text.length && isSpace(text[at] ?? 0)) at += 1
  return at
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09
}
