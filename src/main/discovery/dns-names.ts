/** Stands where bytes were not UTF-8; a name that holds it cannot be asked for again. */
export const REPLACEMENT_CHARACTER = '\u{fffd}'

/** Longest label of a domain name, in bytes (RFC 1035, section 2.3.4). */
const MAX_LABEL_BYTES = 63

/**
 * A name in the form in which names are compared: ASCII letters in lower case and nothing
 * else touched (RFC 6762, section 16), without a trailing dot.
 */
export function foldName(name: string): string {
  const folded = name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
  return folded.endsWith('.') && folded.length > 1 ? folded.slice(0, -1) : folded
}

/**
 * The instance label of `name` below a folded `service` type, or null if `name` is no instance
 * of it. The label is everything before the service type: it is one label whatever dots it holds
 * (RFC 6763, section 4.1.1), and the decoder does not tell label dots from separators.
 */
export function instanceLabelOf(name: string, service: string): string | null {
  const trimmed = name.endsWith('.') ? name.slice(0, -1) : name
  const at = trimmed.length - service.length - 1
  if (at < 1 || trimmed[at] !== '.') return null
  return foldName(trimmed.slice(at + 1)) === service ? trimmed.slice(0, at) : null
}

/** The labels of a name without label dots: a service type or a host name. */
export function labelsOf(name: string): string[] {
  return name.split('.').filter((label) => label.length > 0)
}

/** Whether labels read from the wire can be put back on it unchanged. */
export function isEncodable(labels: readonly string[]): boolean {
  return labels.every(
    (label) =>
      label.length > 0 &&
      !label.includes(REPLACEMENT_CHARACTER) &&
      Buffer.byteLength(label) <= MAX_LABEL_BYTES,
  )
}
