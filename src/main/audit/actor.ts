import { hostname, userInfo } from 'node:os'
import type { AuditActor } from './audit-trail.ts'

/** The person at this computer, as the operating system knows them. */
export function actorHere(): AuditActor {
  return { user: userName(), host: hostname() }
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    // In a container the process may run as a user id without a name.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
