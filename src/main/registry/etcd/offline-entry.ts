import { z } from 'zod'
import { joinRecord, type DeviceKey, type StoredDevice } from '../store.ts'
import type { OfflineClaim } from '../shared-store.ts'
import { splitRecord } from './record-text.ts'

/** What stands at the offline key of a device, beside its last record. */
const OfflineEntry = z.object({
  since: z.number(),
  last_seen: z.number().nullable(),
  /** The registry that has to announce it. */
  by: z.string(),
  announced: z.boolean(),
})
export type OfflineEntry = z.infer<typeof OfflineEntry>

/** The text by which a registry claims a device: short, since 100,000 may go at once. */
export function claimText(device: OfflineClaim, by: string): string {
  return entryText(device, by, false)
}

/** The text of one that was announced, with the last record. */
export function announcedText(device: StoredDevice, by: string): string {
  const entry = entryText(device, by, true)
  return `${entry.slice(0, -1)},"record":${joinRecord(device.document, device.status)}}`
}

function entryText(device: OfflineClaim, by: string, announced: boolean): string {
  const { sinceEpochMs: since } = device
  return JSON.stringify({ since, last_seen: device.lastSeenEpochMs, by, announced })
}

/** Undefined for a text that no registry of ours wrote. */
export function readOfflineEntry(
  key: DeviceKey,
  text: string,
): { readonly entry: OfflineEntry; readonly device: StoredDevice } | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const entry = OfflineEntry.safeParse(value)
  if (!entry.success) return undefined
  const { record } = value as { record?: unknown }
  // Claimed, and its registry died before it could add the record: the name is all that is left.
  const nameOnly = { document: JSON.stringify({ device_id: key.deviceId }), status: '{}' }
  const parts = record === undefined ? undefined : splitRecord(JSON.stringify(record), undefined)
  const device = {
    ...key,
    ...(parts ?? nameOnly),
    sinceEpochMs: entry.data.since,
    lastSeenEpochMs: entry.data.last_seen,
    offlineAtEpochMs: entry.data.since,
  }
  return { entry: entry.data, device }
}
