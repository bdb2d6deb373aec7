import { eventIterator, Instant, procedure, WireName, z } from './common.ts'

export const DeviceEvent = z.strictObject({
  /** Rises by one with each event since the app started. */
  sequence: z.int(),
  tenant: z.string(),
  deviceId: z.string(),
  name: z.string(),
  /** When it arrived here. */
  at: Instant,
  /** The params as JSON text, cut at 16 KiB. */
  payload: z.string(),
  truncated: z.boolean(),
})
export type DeviceEvent = z.infer<typeof DeviceEvent>

export const EventsUpdate = z.discriminatedUnion('type', [
  /** The newest events that main still holds, oldest first. */
  z.strictObject({ type: z.literal('snapshot'), events: z.array(DeviceEvent) }),
  z.strictObject({ type: z.literal('events'), events: z.array(DeviceEvent), dropped: z.int() }),
])
export type EventsUpdate = z.infer<typeof EventsUpdate>

export const events = {
  watch: procedure
    .input(z.strictObject({ tenant: WireName, deviceId: WireName.nullable() }))
    .output(eventIterator(EventsUpdate)),
}
