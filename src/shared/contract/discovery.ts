import { eventIterator, Instant, procedure, z } from './common.ts'

export const DiscoveredDevice = z.strictObject({
  /** Names the entry in later calls. */
  key: z.string(),
  deviceId: z.string(),
  deviceType: z.string().nullable(),
  /** As the device says: `uncommissioned`, or what it turned to. */
  state: z.string(),
  host: z.string().nullable(),
  port: z.int(),
  /** Usable addresses, IPv4 first. */
  addresses: z.array(z.string()),
  interfaces: z.array(z.string()),
  source: z.enum(['mdns', 'address']),
  reachable: z.boolean(),
  /** Two different hosts claim this device id. */
  conflict: z.boolean(),
  firstSeenAt: Instant,
  lastSeenAt: Instant,
})
export type DiscoveredDevice = z.infer<typeof DiscoveredDevice>

export const DiscoveryHealth = z.strictObject({
  /** Interfaces that are being listened on. */
  interfaces: z.array(
    z.strictObject({ name: z.string(), address: z.string(), error: z.string().nullable() }),
  ),
})
export type DiscoveryHealth = z.infer<typeof DiscoveryHealth>

export const DiscoveryUpdate = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('snapshot'),
    devices: z.array(DiscoveredDevice),
    health: DiscoveryHealth,
  }),
  z.strictObject({
    type: z.literal('changed'),
    upserted: z.array(DiscoveredDevice),
    removedKeys: z.array(z.string()),
    health: DiscoveryHealth,
  }),
])
export type DiscoveryUpdate = z.infer<typeof DiscoveryUpdate>

export const discovery = {
  watch: procedure.output(eventIterator(DiscoveryUpdate)),
  /** Asks the network now and begins the query schedule anew. */
  refresh: procedure.output(z.null()),
  /** `host`, `host:port`, `[v6]:port` or an http URL of a device that mDNS does not show. */
  addAddress: procedure
    .input(z.strictObject({ address: z.string().min(1).max(300) }))
    .output(DiscoveredDevice),
  removeAddress: procedure.input(z.strictObject({ key: z.string() })).output(z.null()),
}
