import { z } from 'zod'
import type { LooseClaims } from './read-claims.ts'

const SigningKeys = z
  .array(z.union([z.string(), z.looseObject({ key: z.string() })]))
  .nullish()
  .catch(null)

/** The entry of the account's signing keys for a key: a bare one, or one with a scope. */
export function signingKeyOf(
  claims: LooseClaims,
  key: string,
): { readonly scope: Readonly<Record<string, unknown>> | null } | undefined {
  const entries = SigningKeys.parse(claims.nats['signing_keys']) ?? []
  const entry = entries.find((one) => (typeof one === 'string' ? one : one.key) === key)
  if (entry === undefined) return undefined
  return { scope: typeof entry === 'string' ? null : entry }
}
