import type { FaultWorld } from '../../../support/fault/fault-world.ts'
import { NEVER } from '#shared/never.ts'

/** Rotates the operator's signing key. */
export async function run({ authority }: FaultWorld): Promise<void> {
  await authority.keys.rotateOperatorKey(NEVER)
}
