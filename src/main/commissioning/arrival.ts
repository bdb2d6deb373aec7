import { InternalError } from '#shared/errors.ts'
import { pause } from '../steps/pause.ts'
import type { FleetPresence, PresenceProof } from './collaborators.ts'

/** Before the mesh is asked again for a proof that it could not give. */
const PROOF_RETRY_MS = 1_000

export interface ArrivingDevice {
  readonly tenant: string
  readonly deviceId: string
  readonly publicKey: string
}

export interface ArrivalWitnesses {
  readonly proof: PresenceProof
  readonly presence: FleetPresence
}

/**
 * Resolves once a device has arrived: the registry says that it is online, and the mesh saw its
 * key. The registry alone would not do: any client of the tenant can register any name.
 * @throws the signal's reason; an internal error of the mesh.
 */
export async function waitForArrival(
  device: ArrivingDevice,
  witnesses: ArrivalWitnesses,
  signal: AbortSignal,
): Promise<void> {
  // Ends the other wait where one fails.
  const both = new AbortController()
  const either = AbortSignal.any([signal, both.signal])
  try {
    await Promise.all([
      waitForKey(device, witnesses.proof, either),
      witnesses.presence.whenOnline(device.tenant, device.deviceId, either),
    ])
  } finally {
    both.abort(signal.reason)
  }
}

/**
 * The mesh's proof, asked for again after a failure: the mesh may be restarting, or another one in
 * use for a while. The deadline ends it, not a hiccup.
 */
export async function waitForKey(
  device: ArrivingDevice,
  proof: PresenceProof,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    try {
      await proof.waitForKey(device.tenant, device.publicKey, signal)
      return
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof InternalError) throw error
      await pause(PROOF_RETRY_MS, signal)
    }
  }
}
