import { expect } from 'vitest'
import { signingKeyIds, type AccountClaims } from '../../../../src/main/authority/account-claims.ts'
import { decodeJwt, operatorKeysIn } from '../../../../src/main/authority/jwt.ts'
import type { FaultWorld } from '../../../support/fault/fault-world.ts'
import { logIn } from '../../../support/log-in.ts'

const MINUTE_MS = 60_000

/**
 * Checks that server, record and keychain agree: each account is on the server as recorded, by a key that the
 * operator lists, the keychain holds every key that a server asks for, and somebody can log in everywhere.
 */
export async function expectAgreement(world: FaultWorld): Promise<void> {
  const { authority, keychain, publisher } = world
  const { operatorJwt, systemAccount, accounts } = await authority.bootstrap()
  const operator = decodeJwt(operatorJwt)
  const held = new Set(await keychain.accounts())
  const missing = (keys: readonly string[]) => keys.filter((key) => !held.has(key))
  expect(missing([operator.sub, ...operatorKeysIn(operator)])).toEqual([])
  expect((await publisher.list()).toSorted()).toEqual(
    [systemAccount, ...accounts].map(({ publicKey }) => publicKey).toSorted(),
  )
  for (const { publicKey, jwt } of [systemAccount, ...accounts]) {
    expect(await publisher.lookUp(publicKey)).toBe(jwt)
    const claims = decodeJwt(jwt)
    expect([operator.sub, ...operatorKeysIn(operator)]).toContain(claims.iss)
    expect(missing(signingKeyIds(claims.nats as unknown as AccountClaims))).toEqual([])
  }
  expect(authority.procedures.unfinished()).toEqual([])
}

/** Checks that a new credential of this tenant is one that the server takes. */
export async function expectLogin(
  { authority, publisher }: FaultWorld,
  tenant: string,
  role: 'console' | 'device' = 'console',
): Promise<void> {
  const user = await authority.issueUser({
    account: { tenant },
    role,
    name: 'probe',
    ttlMs: MINUTE_MS,
    delivery: role === 'console' ? 'internal' : 'file',
  })
  const connection = await logIn(publisher.connection?.getServer() ?? '', user)
  await connection.close()
}
