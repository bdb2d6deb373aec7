import { randomBytes } from 'node:crypto'

/** A W3C `traceparent` (version 00, sampled) that begins a new trace. */
export function newTraceparent(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`
}
