import type { FaultWorld } from '../../../support/fault/fault-world.ts'

/** Rotates the operator's signing key. */
export async function run({ authority }: FaultWorld): Promise<void> {
  await authority.keys.rotateOperatorKey(AbortSignal.timeout(20_000))
}
