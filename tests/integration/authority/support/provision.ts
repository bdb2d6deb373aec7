import type { FaultWorld } from '../../../support/fault/fault-world.ts'

/** Provisions a tenant; the argument is its name. */
export async function run({ authority }: FaultWorld, name: string): Promise<void> {
  await authority.createTenant(name, { isolation: 'account' })
}
