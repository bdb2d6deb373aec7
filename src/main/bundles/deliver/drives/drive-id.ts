import { createHash } from 'node:crypto'

/**
 * A drive's id: of what stays with it (serial number, id of the file system, size), and without any of these of what
 * is told of it while it is plugged in.
 */
export function driveIdOf(parts: {
  readonly serial: string | null
  readonly volume: string | null
  readonly model: string | null
  readonly bytes: number
  /** Told apart from others only for as long as it is plugged in. */
  readonly plug: string
}): string {
  const { serial, volume, model, bytes, plug } = parts
  const lasting = serial !== null || volume !== null
  const text = JSON.stringify([serial, volume, model, bytes, lasting ? null : plug])
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

/** What a system tells in words; null where it tells nothing. */
export function worded(text: string | null | undefined): string | null {
  const trimmed = text?.trim() ?? ''
  return trimmed === '' ? null : trimmed
}
