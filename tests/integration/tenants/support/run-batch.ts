import type { Batch, BatchRequest } from '#shared/contract/tenants.ts'
import type { TenantBatches } from '../../../../src/main/tenants/tenant-batches.ts'
import type { FaultWorld } from '../../../support/fault/fault-world.ts'
import { tenancyOn } from './tenancy.ts'

/** A batch of these lines into this folder. */
export function batchOf(
  list: string,
  folder: string,
  more: Partial<BatchRequest> = {},
): BatchRequest {
  return {
    list,
    isolation: 'account',
    settings: { from: 'default' },
    credentials: 2,
    credentialName: 'device',
    validDays: 90,
    folder,
    ...more,
  }
}

/** The batch once it does not run any more. */
export function whenStill(batches: TenantBatches): Promise<Batch> {
  return new Promise((resolve) => {
    const stop = batches.subscribe(({ batch }) => {
      if (batch === null || batch.state === 'running') return
      resolve(batch)
      queueMicrotask(() => stop())
    })
  })
}

/**
 * Scenario: a batch with one tenant and one credential.
 * @public loaded by its path, in a process that kills itself
 */
export async function run(world: FaultWorld, argument: string): Promise<void> {
  const { list, folder } = JSON.parse(argument) as { list: string; folder: string }
  const tenancy = tenancyOn(world)
  await tenancy.batches.start(batchOf(list, folder, { credentials: 1 }))
  await whenStill(tenancy.batches)
  await tenancy.close()
}
