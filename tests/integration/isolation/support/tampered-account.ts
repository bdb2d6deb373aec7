import { decodeJwt, encodeJwt } from '../../../../src/main/authority/jwt.ts'
import { signerOf } from '../../../../src/main/authority/signer.ts'
import type { Deployment } from '../../authority/support/deployment.ts'
import { NEVER } from '#shared/never.ts'

export type TamperedClaims = { imports?: object[]; exports?: object[] } & Record<string, unknown>

/**
 * Changes the claims of a tenant's account on the server, behind the authority's back; returns what
 * takes that back.
 */
export async function tamper(
  { authority, keychain, publisher }: Deployment,
  tenant: string,
  change: (claims: TamperedClaims) => void,
): Promise<() => Promise<void>> {
  const account = authority.tenants().find(({ name }) => name === tenant)?.account ?? ''
  const before = await publisher.lookUp(account)
  const nats: TamperedClaims = structuredClone(decodeJwt(before).nats)
  change(nats)
  const seed = keychain.entries.get(authority.operator()?.signingKey ?? '') ?? ''
  const issuedAt = Math.floor(Date.now() / 1000)
  const jwt = encodeJwt(
    { name: tenant, subject: account, type: 'account', nats, issuedAt },
    signerOf(seed),
  )
  const push = (text: string) =>
    publisher.publish([{ name: tenant, publicKey: account, jwt: text }], NEVER)
  await push(jwt)
  return () => push(before)
}
