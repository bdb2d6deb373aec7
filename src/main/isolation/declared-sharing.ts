import { z } from 'zod'
import type { DeclaredSharing } from '#shared/contract/isolation.ts'
import { decodeJwt } from '../authority/jwt.ts'
import type { ProvenTenant, SystemWitness } from './collaborators.ts'

const Imports = z.object({
  imports: z
    .array(
      z.object({
        account: z.string(),
        subject: z.string(),
        type: z.string(),
        local_subject: z.string().optional(),
        to: z.string().optional(),
      }),
    )
    .nullish(),
})

/**
 * What the accounts of these tenants take from other accounts than the registry's, as the server has
 * them. Probes can't try every subject; a crossing under a subject that nobody would guess is found here.
 * @returns null where an account could not be looked up
 */
export async function declaredSharing(
  tenants: readonly ProvenTenant[],
  registryAccount: string,
  witness: SystemWitness,
  signal: AbortSignal,
): Promise<DeclaredSharing[] | null> {
  const byAccount = Map.groupBy(tenants, ({ account }) => account)
  const namesOf = (account: string) =>
    byAccount
      .get(account)
      ?.map(({ name }) => name)
      .join(', ') ?? account
  const found: DeclaredSharing[] = []
  try {
    for (const account of byAccount.keys()) {
      const subject = `$SYS.REQ.ACCOUNT.${account}.CLAIMS.LOOKUP`
      const { imports } = Imports.parse(decodeJwt(await witness.request(subject, '', signal)).nats)
      for (const one of imports ?? []) {
        if (one.account === registryAccount) continue
        const local = one.local_subject ?? one.to
        found.push({
          into: namesOf(account),
          from: namesOf(one.account),
          type: one.type === 'service' ? 'service' : 'stream',
          subject: one.subject,
          localSubject: local === undefined || local === '' ? null : local,
        })
      }
    }
    return found
  } catch {
    // What could not be read is said to be unknown, in the report.
    return null
  }
}
