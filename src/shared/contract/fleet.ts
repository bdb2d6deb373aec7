import { eventIterator, Instant, procedure, WireName, z, Role } from './common.ts'

/**
 * Why a device is in its state, in what the registry observed. `heard`: it beats; `registered`: it
 * did, and has not beaten yet; `restored`: known from before the registry restarted, not heard since;
 * `silent`: its TTL passed; `unheard-since-restart`: so did that which it got after a restart.
 */
export const PresenceReason = z.enum([
  'heard',
  'registered',
  'restored',
  'silent',
  'unheard-since-restart',
])

/** What heartbeats tell beyond the status. */
export const DevicePresence = z.strictObject({
  reason: PresenceReason,
  /** Its usual pause between heartbeats, as observed; null until two came. */
  beatSeconds: z.number().nullable(),
  /** Heartbeats that did not come since it was online last. */
  missedBeats: z.int(),
  /** Its clock less the registry's, median of the last five heartbeats; null where it tells none. */
  skewMs: z.int().nullable(),
  /** Times that it came back, or registered anew, since the registry knows it. */
  reconnects: z.int(),
  /** It comes and goes: marked until then, unless it goes again. */
  flappingUntil: Instant.nullable(),
})
export type DevicePresence = z.infer<typeof DevicePresence>

/** The small projection of a device that lists show. */
export const FleetDevice = z.strictObject({
  tenant: z.string(),
  deviceId: z.string(),
  deviceType: z.string().nullable(),
  manufacturer: z.string().nullable(),
  model: z.string().nullable(),
  firmwareVersion: z.string().nullable(),
  location: z.string().nullable(),
  availability: z.string().nullable(),
  busyScore: z.number().nullable(),
  battery: z.number().nullable(),
  errorState: z.string().nullable(),
  functionCount: z.int(),
  eventCount: z.int(),
  /** `pending`: has a credential, has not connected with it yet. */
  state: z.enum(['online', 'offline', 'pending']),
  since: Instant,
  lastSeenAt: Instant.nullable(),
  ttlSeconds: z.number().nullable(),
  registeredAt: Instant.nullable(),
  /** Null where nothing was observed: it has not connected yet, or a registry elsewhere has it. */
  presence: DevicePresence.nullable(),
})
export type FleetDevice = z.infer<typeof FleetDevice>

export const FleetUpdate = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('snapshot'),
    devices: z.array(FleetDevice),
    /** The registry is down and this is what it said last. */
    stale: z.boolean(),
  }),
  z.strictObject({
    type: z.literal('changed'),
    upserted: z.array(FleetDevice),
    removed: z.array(z.strictObject({ tenant: z.string(), deviceId: z.string() })),
    /** `[tenant, deviceId, lastSeenEpochMs]` of devices of which only that changed. */
    beats: z.array(z.tuple([z.string(), z.string(), z.number()])),
    stale: z.boolean(),
  }),
])
export type FleetUpdate = z.infer<typeof FleetUpdate>

export const DeviceAddress = z.strictObject({ tenant: WireName, deviceId: WireName })
export type DeviceAddress = z.infer<typeof DeviceAddress>

/** A JSON Schema as a device sent it: data, never code. */
export const DeviceSchema = z.record(z.string(), z.unknown())

export const DeviceFunction = z.strictObject({
  name: z.string(),
  description: z.string(),
  parameters: DeviceSchema,
  tags: z.array(z.string()),
})
export type DeviceFunction = z.infer<typeof DeviceFunction>

export const DeviceEventKind = z.strictObject({
  name: z.string(),
  description: z.string(),
  payloadSchema: DeviceSchema.nullable(),
  tags: z.array(z.string()),
})
export type DeviceEventKind = z.infer<typeof DeviceEventKind>

/** A line of the authority's ledger, without anything secret. */
export const CredentialSummary = z.strictObject({
  id: z.string(),
  publicKey: z.string(),
  fingerprint: z.string(),
  role: Role,
  state: z.enum(['pending', 'active', 'struck', 'revoked', 'expired']),
  issuedAt: Instant,
  expiresAt: Instant,
  pendingUntil: Instant.nullable(),
})
export type CredentialSummary = z.infer<typeof CredentialSummary>

export const DeviceRecord = z.strictObject({
  tenant: z.string(),
  deviceId: z.string(),
  description: z.string(),
  functions: z.array(DeviceFunction),
  events: z.array(DeviceEventKind),
  identity: z.record(z.string(), z.unknown()),
  status: z.record(z.string(), z.unknown()),
  labels: z.record(z.string(), z.unknown()),
  /** The whole record as the registry holds it, as indented JSON text. */
  raw: z.string(),
})
export type DeviceRecord = z.infer<typeof DeviceRecord>

/** What a selector addresses (protocol.md, "Selectors"): only what is online can be addressed. */
export const SelectorMatch = z.strictObject({
  devices: z.array(DeviceAddress),
  /** More match than are listed. */
  truncated: z.boolean(),
})
export type SelectorMatch = z.infer<typeof SelectorMatch>

export const fleet = {
  watch: procedure.output(eventIterator(FleetUpdate)),
  /** The whole record; null where the registry has none (pending, or forgotten). */
  record: procedure.input(DeviceAddress).output(DeviceRecord.nullable()),
  /** Devices that a selector addresses, or whose functions or events it does. `REJECTED` where it is malformed. */
  select: procedure
    .input(z.strictObject({ selector: z.string().max(4096), tenant: WireName.nullable() }))
    .output(SelectorMatch),
  credentials: procedure.input(DeviceAddress).output(z.array(CredentialSummary)),
  /** Takes an offline device off the list; it comes back when it registers again. */
  forget: procedure.input(DeviceAddress).output(z.null()),
}
