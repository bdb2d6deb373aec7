import { createHash } from 'node:crypto'
import { isStrictName } from '#shared/protocol/names.ts'

/** A name for a file. One that is not made of harmless letters alone gets a mark of its own. */
export function safeName(name: string): string {
  if (isStrictName(name)) return name
  const mark = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `${name.replaceAll(/[^A-Za-z0-9_-]/gu, '_').slice(0, 48)}-${mark}`
}
