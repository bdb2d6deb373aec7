import type { FaultWorld } from '../../../support/fault/fault-world.ts'
import { tenancyOn } from './tenancy.ts'

/**
 * Scenario: clears the tenant of that name.
 * @public loaded by its path, in a process that kills itself
 */
export async function run(world: FaultWorld, name: string): Promise<void> {
  const tenancy = tenancyOn(world)
  await tenancy.calls.clearing.clear(name, name, AbortSignal.timeout(20_000))
  await tenancy.close()
}
