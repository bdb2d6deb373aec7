import type {
  ConnectedNow,
  RevocationEvidence,
  RevocationProbe,
} from '#shared/contract/credentials.ts'
import type { RevocationOrder } from '../authority/revocation-order.ts'
import type { ClientEvent } from './server-watch.ts'

/** How many closed sockets and refused attempts are kept one by one; all are counted. */
const KEPT = 200

/** Nothing seen yet. */
export const NOTHING_SEEN: RevocationEvidence = {
  servers: null,
  connectedBefore: null,
  closedCount: 0,
  closed: [],
  connectedAfter: null,
  probe: null,
  attemptCount: 0,
  attempts: [],
  verdict: null,
}

/** Whether a client came with what an order revokes: a key of it, and a JWT that is not newer. */
export function isOrdered(
  { keys, upTo }: RevocationOrder,
  publicKey: string,
  issuedAt: Date | null,
): boolean {
  const seconds = Math.max(keys[publicKey] ?? -1, upTo ?? -1)
  // Without a date only the key tells: then it could be a renewed one, and is not taken for the old.
  return issuedAt !== null && issuedAt.getTime() <= seconds * 1000
}

/** With what the servers said before it. */
export function withLook(evidence: RevocationEvidence, look: ConnectedNow): RevocationEvidence {
  return { ...evidence, servers: look.servers, connectedBefore: look.total }
}

/** With a socket that a server closed. */
export function withClosed(
  evidence: RevocationEvidence,
  event: ClientEvent,
  begunAt: Date,
): RevocationEvidence {
  const { publicKey, server, name, address, reason, at } = event
  const afterMs = Math.max(0, event.heardAt.getTime() - begunAt.getTime())
  const socket = { publicKey, server, name, address, reason, at: at.toISOString(), afterMs }
  return {
    ...evidence,
    closedCount: evidence.closedCount + 1,
    closed: evidence.closed.length < KEPT ? [...evidence.closed, socket] : evidence.closed,
  }
}

/** With a try to come back that a server turned away. */
export function withAttempt(evidence: RevocationEvidence, event: ClientEvent): RevocationEvidence {
  const { publicKey, server, name, address, at } = event
  const attempt = { publicKey, server, name, address, at: at.toISOString() }
  return judged({
    ...evidence,
    attemptCount: evidence.attemptCount + 1,
    attempts: evidence.attempts.length < KEPT ? [...evidence.attempts, attempt] : evidence.attempts,
  })
}

/** With what the servers said after it, and how logging in went. */
export function withProof(
  evidence: RevocationEvidence,
  connectedAfter: number | null,
  probe: RevocationProbe | null,
): RevocationEvidence {
  const seen = { ...evidence, connectedAfter, probe: probe ?? evidence.probe }
  return { ...seen, verdict: verdictOf(seen) }
}

/** A proof that is still to come is not judged. */
function judged(evidence: RevocationEvidence): RevocationEvidence {
  return evidence.verdict === null ? evidence : { ...evidence, verdict: verdictOf(evidence) }
}

function verdictOf({
  connectedAfter,
  probe,
  attemptCount,
}: RevocationEvidence): RevocationEvidence['verdict'] {
  if (connectedAfter !== null && connectedAfter > 0) return 'contradicted'
  if (probe?.revokedKey === 'let-in') return 'contradicted'
  // A refusal alone could have any cause: a key that was not revoked has to be let in.
  const probed = probe?.revokedKey === 'refused' && probe.freshKey === 'let-in'
  return connectedAfter === 0 && (probed || attemptCount > 0) ? 'proven' : 'unproven'
}
