import { z } from 'zod'
import { parseJsonObject } from '#shared/protocol/json-rpc.ts'
import { SILENT, UNHEARD } from './beat-history.ts'
import type { DeviceEntry } from './device-entry.ts'

/** What a date can be made of. */
const EpochMs = z.number().min(0).max(8.64e15)

/** What of a device's history is worth to outlive the process; most devices have nothing of it. */
const Kept = z.object({
  reconnects: z.int().nonnegative().catch(0),
  /** When it went offline the last times, epoch milliseconds. */
  drops: z.array(EpochMs).max(8).catch([]),
  flappingUntil: EpochMs.catch(0),
  /** It is offline since it was not heard after a restart of the registry. */
  unheard: z.boolean().catch(false),
  /** It registered with a credential of its own name. */
  own: z.boolean().catch(false),
})

type Historic = Pick<
  DeviceEntry,
  'reconnects' | 'drops' | 'flappingUntilMs' | 'reason' | 'hasOwnCredential'
>

/** The history of a device as a store keeps it; null where there is none. */
export function presenceText(entry: Historic): string | null {
  const { reconnects, drops = [], flappingUntilMs, reason, hasOwnCredential } = entry
  const unheard = reason === UNHEARD
  if (reconnects === 0 && drops.length === 0 && !unheard && !hasOwnCredential) return null
  return JSON.stringify({
    ...(reconnects === 0 ? {} : { reconnects }),
    ...(drops.length === 0 ? {} : { drops }),
    ...(flappingUntilMs === 0 ? {} : { flappingUntil: flappingUntilMs }),
    ...(unheard ? { unheard } : {}),
    ...(hasOwnCredential ? { own: true } : {}),
  })
}

/** Takes it over again. What does not fit reads as nothing: a store may hold what others wrote. */
export function takePresence(entry: Historic, text: string | null | undefined): void {
  // Most devices have no history, and a start reads all of them.
  if (text === null || text === undefined) return
  const kept = Kept.safeParse(parseJsonObject(text))
  if (!kept.success) return
  const { reconnects, drops, flappingUntil, unheard, own } = kept.data
  entry.reconnects = reconnects
  entry.drops = drops.length === 0 ? undefined : drops
  entry.flappingUntilMs = flappingUntil
  entry.hasOwnCredential = own
  if (unheard && entry.reason === SILENT) entry.reason = UNHEARD
}
