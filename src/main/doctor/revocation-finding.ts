import { z } from 'zod'
import type { Finding } from '#shared/contract/doctor.ts'
import { findingsOf, momentOf } from './finding.ts'
import type { LooseClaims } from './read-claims.ts'
import { accountClaims, renewOf, type World } from './world.ts'

const revocation = findingsOf('revocation')

const Revocations = z.record(z.string(), z.number()).nullish().catch(null)

/** Whether the account has revoked the user, or everybody up to some time. */
export function revocationFinding(claims: LooseClaims, world: World): Finding {
  const of = accountClaims(world)
  if (of === null) {
    return revocation.unknown({
      code: 'REVOCATION_NOT_CHECKED',
      title: 'Whether it is revoked could not be checked',
      meaning: 'Revocations stand in the account’s JWT, which is not known here.',
    })
  }
  const revocations = Revocations.parse(of.nats['revocations']) ?? {}
  const issued = claims.iat ?? 0
  const own = revocations[claims.sub]
  const all = revocations['*']
  const row = world.ledger.findLast(({ revokedAt }) => revokedAt !== null)
  const why = row?.reason === null || row === undefined ? '' : ` Reason: ${row.reason}`
  if (own !== undefined && own >= issued) {
    return revocation.refused({
      code: 'REVOKED',
      title: 'It is revoked',
      meaning: `Everything issued for its key up to ${momentOf(own)} is refused, and this was.${why}`,
      advice: 'If that was right, nothing. To let the same key in again, renew it.',
      action: renewOf(world),
    })
  }
  if (all !== undefined && all >= issued) {
    return revocation.refused({
      code: 'REVOKED_WITH_ALL',
      title: 'The whole account was revoked up to a time after it was issued',
      meaning: `Everything issued in the account up to ${momentOf(all)} is refused, whoever has it.`,
      advice: 'Renew it: what is issued now is good.',
      action: renewOf(world),
    })
  }
  if (
    row !== undefined &&
    world.resolver.type === 'held' &&
    row.issuedAt.getTime() / 1000 >= issued
  ) {
    return revocation.warning({
      code: 'REVOKED_IN_LEDGER_ONLY',
      title: 'The ledger says revoked, the servers do not',
      meaning:
        'Its revocation was dropped when everything that it concerned had expired, or the resolver holds an older account.',
      advice: 'Compare the account (Keys, Resolver).',
      action: { type: 'resolver' },
    })
  }
  return revocation.fine({
    code: 'NOT_REVOKED',
    title: 'It is not revoked',
    meaning: 'Neither its key nor the whole account, up to when it was issued.',
  })
}
