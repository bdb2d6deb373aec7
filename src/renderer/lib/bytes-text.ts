const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const
export const BYTE_STEP = 1_024

/** Bytes for people: `64 KiB`, `1.5 GiB`. */
export function bytesText(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= BYTE_STEP && unit < BYTE_UNITS.length - 1) {
    value /= BYTE_STEP
    unit += 1
  }
  const rounded = value >= 100 || Number.isInteger(value) ? Math.round(value) : value.toFixed(1)
  return `${rounded} ${BYTE_UNITS[unit]}`
}
