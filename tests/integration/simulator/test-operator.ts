import { encodeAccount, encodeOperator, encodeUser } from '@nats-io/jwt'
import { createAccount, createOperator, fromPublic } from '@nats-io/nkeys'
import { TENANT } from './test-registry.ts'

/** A server configuration in operator mode with one account, and JWTs for its users. */
export interface TestOperator {
  readonly config: string
  readonly files: Record<string, string>
  /** A JWT for a user key, with the permissions of a tenant's user (protocol.md). */
  issue(publicKey: string, name: string): Promise<string>
}

export async function createTestOperator(extraConfig = ''): Promise<TestOperator> {
  const operator = createOperator()
  const account = createAccount()
  const unlimited = {
    subs: -1,
    conn: -1,
    leaf: -1,
    imports: -1,
    exports: -1,
    data: -1,
    payload: -1,
  }
  const accountJwt = await encodeAccount(
    TENANT,
    account,
    { limits: { ...unlimited, wildcards: true } },
    { signer: operator },
  )
  const subjects = { allow: [`device-connect.${TENANT}.>`, '_INBOX.>'], deny: [] }
  return {
    config: `operator: operator.jwt
resolver: MEMORY
resolver_preload: { ${account.getPublicKey()}: ${accountJwt} }
${extraConfig}`,
    files: { 'operator.jwt': await encodeOperator('test', operator) },
    issue: (publicKey, name) =>
      encodeUser(name, fromPublic(publicKey), account, {
        pub: subjects,
        sub: subjects,
        resp: { max: 1, ttl: 60_000_000_000 },
      }),
  }
}
