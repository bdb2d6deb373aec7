import type { FaultWorld } from '../../../support/fault/fault-world.ts'
import { tenancyOn } from './tenancy.ts'
import { NEVER } from '#shared/never.ts'

/**
 * Scenario: clears the tenant of that name.
 * @public loaded by its path, in a process that kills itself
 */
export async function run(world: FaultWorld, name: string): Promise<void> {
  const tenancy = tenancyOn(world)
  await tenancy.calls.clearing.clear(name, name, NEVER)
  await tenancy.close()
}
