import { z } from 'zod'
import type { DecodedJwt } from '../authority/jwt.ts'

const Subjects = z
  .array(z.string())
  .nullish()
  .transform((list) => list ?? [])
const Rule = z
  .object({ allow: Subjects, deny: Subjects })
  .nullish()
  .transform((rule) => rule ?? { allow: [], deny: [] })

const Answers = z.object({ max: z.number(), ttl: z.number() }).nullish()

/** A scoped signing key, or a plain one by its public key alone. */
const SigningKey = z.union([
  z.string(),
  z.looseObject({
    key: z.string(),
    role: z.string().nullish(),
    template: z.looseObject({ pub: Rule, sub: Rule, resp: Answers }).nullish(),
  }),
])

const Account = z.looseObject({
  signing_keys: z.array(SigningKey).nullish(),
  revocations: z.record(z.string(), z.number()).nullish(),
  exports: z.array(z.looseObject({ subject: z.string(), type: z.string().optional() })).nullish(),
})

const Operator = z.looseObject({
  signing_keys: z.array(z.string()).nullish(),
  system_account: z.string().nullish(),
  strict_signing_key_usage: z.boolean().nullish(),
})

const User = z.looseObject({
  issuer_account: z.string().nullish(),
  pub: Rule,
  sub: Rule,
  resp: Answers,
})

/** What a user may say and hear, as its JWT or its scope says; empty lists allow everything. */
export interface StorePermissions {
  readonly pub: { readonly allow: readonly string[]; readonly deny: readonly string[] }
  readonly sub: { readonly allow: readonly string[]; readonly deny: readonly string[] }
  readonly resp?: { readonly max: number; readonly ttl: number }
}

export interface ScopedKey {
  readonly key: string
  readonly role: string
  readonly permissions: StorePermissions
}

/** An operator JWT of whoever's making, as far as an import looks at it. */
export function operatorClaims(claims: DecodedJwt) {
  const { signing_keys, system_account, strict_signing_key_usage } = Operator.parse(claims.nats)
  return {
    signingKeys: signing_keys ?? [],
    systemAccount: system_account ?? null,
    /** The identity key may not sign accounts. */
    strict: strict_signing_key_usage === true,
  }
}

/** An account JWT, as far as an import looks at it. */
export function accountClaims(claims: DecodedJwt) {
  const { signing_keys, revocations, exports } = Account.parse(claims.nats)
  const keys = signing_keys ?? []
  const scoped: ScopedKey[] = keys.flatMap((key) =>
    typeof key === 'string'
      ? []
      : [
          {
            key: key.key,
            role: key.role ?? '',
            permissions: {
              pub: key.template?.pub ?? { allow: [], deny: [] },
              sub: key.template?.sub ?? { allow: [], deny: [] },
              ...answersIn(key.template?.resp),
            },
          },
        ],
  )
  return {
    plainKeys: keys.filter((key) => typeof key === 'string'),
    scoped,
    revocations: revocations ?? {},
    exports: (exports ?? []).map(({ subject }) => subject),
  }
}

/** A user JWT, as far as an import looks at it. */
export function userClaims(claims: DecodedJwt) {
  const { issuer_account, pub, sub, resp } = User.parse(claims.nats)
  return {
    account:
      issuer_account === null || issuer_account === undefined || issuer_account === ''
        ? claims.iss
        : issuer_account,
    permissions: { pub, sub, ...answersIn(resp) },
  }
}

function answersIn(resp: z.infer<typeof Answers>): Pick<StorePermissions, 'resp'> {
  return resp === null || resp === undefined ? {} : { resp }
}
