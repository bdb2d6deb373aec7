import type { FaultWorld } from '../../../support/fault/fault-world.ts'
import { NEVER } from '#shared/never.ts'

/**
 * Loses every signing key of a tenant's account, those of roles too, then has them made anew; the argument is the
 * tenant's name.
 * @public loaded by its path, in a process that kills itself
 */
export async function run({ authority, keychain }: FaultWorld, name: string): Promise<void> {
  const account = authority.tenants().find((tenant) => tenant.name === name)?.account ?? ''
  for (const { publicKey } of await authority.keys.signingKeysOf(account)) {
    await keychain.delete(publicKey)
  }
  authority.keys.expectLostKeys()
  await authority.keys.regainLostKeys(NEVER)
}
