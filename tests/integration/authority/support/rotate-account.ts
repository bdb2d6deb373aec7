import type { FaultWorld } from '../../../support/fault/fault-world.ts'
import { NEVER } from '#shared/never.ts'

/** Rotates the signing key of a tenant's account; the argument is the tenant's name. */
export async function run({ authority }: FaultWorld, name: string): Promise<void> {
  const account = authority.tenants().find((tenant) => tenant.name === name)?.account ?? ''
  const [key] = await authority.keys.signingKeysOf(account)
  const signingKey = key?.publicKey ?? ''
  await authority.keys.rotateAccountKey({ account, signingKey, cut: true }, NEVER)
}
