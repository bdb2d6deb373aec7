import { verify } from 'node:crypto'
import type { IsolationReport, ReportSignature } from '#shared/contract/isolation.ts'
import { publicKeyObject, roleOfPublicKey } from '../authority/nkey.ts'

/** What stands before the report in the signed text, so that a signature is good for nothing else. */
const PREFIX = 'muster-isolation-report/1\n'

/**
 * The text that is signed: the prefix, which ends with a line feed, and report and moment as canonical
 * JSON (RFC 8785: names in order, no spaces; a report holds integers and texts only, which makes that
 * plain).
 */
export function statementOf(report: IsolationReport, signedAt: string): string {
  return PREFIX + canonicalJson({ report, signedAt })
}

/**
 * Whether the operator key that the signature names signed this report, every byte of it. Whose key it
 * is has to be seen elsewhere: in the operator's JWT, say.
 */
export function isSigned(report: IsolationReport, signature: ReportSignature): boolean {
  if (roleOfPublicKey(signature.key) !== 'operator') return false
  return verify(
    null,
    Buffer.from(statementOf(report, signature.signedAt), 'utf8'),
    publicKeyObject(signature.key),
    Buffer.from(signature.signature, 'base64url'),
  )
}

/** JSON by RFC 8785, for values without fractions. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`)
  return `{${members.join(',')}}`
}
