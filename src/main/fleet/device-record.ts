import type {
  DeviceAddress,
  DeviceEventKind,
  DeviceFunction,
  DeviceRecord,
} from '#shared/contract/fleet.ts'
import { isJsonObject, parseJsonObject, type JsonObject } from '#shared/protocol/json-rpc.ts'
import { limitJson, limitJsonObject, type JsonLimits } from '#shared/protocol/limit-json.ts'
import { cleanText } from '#shared/protocol/device-text.ts'

const MAX_ENTRIES = 512
const MAX_NAME_LENGTH = 256
const MAX_DESCRIPTION_LENGTH = 4096
const MAX_TAGS = 32
const MAX_RAW_LENGTH = 256 * 1024
const CUT_MARK = '\n… cut here: the record is larger than 256 KiB'

/** Facts are shown, so their texts are cleaned. */
const FACTS: JsonLimits = {
  maxDepth: 16,
  maxValues: 5_000,
  text: (text) => cleanText(text, MAX_DESCRIPTION_LENGTH),
}
/** Schemas hold values that go back to the device (enum, default), so texts stay exact. */
const SCHEMA: JsonLimits = { maxDepth: 32, maxValues: 5_000 }
const RAW: JsonLimits = { maxDepth: 64, maxValues: 100_000 }

/**
 * A registry record as the window shows it. It was written by a device and kept by a registry
 * that may not be ours: whatever is missing or malformed reads as empty, and nothing throws.
 * @returns null where `record` is neither an object nor the text of one.
 */
export function toDeviceRecord(address: DeviceAddress, record: unknown): DeviceRecord | null {
  const whole = typeof record === 'string' ? parseJsonObject(record) : record
  if (!isJsonObject(whole)) return null
  const capabilities = isJsonObject(whole['capabilities']) ? whole['capabilities'] : {}
  return {
    tenant: address.tenant,
    deviceId: address.deviceId,
    description: textOf(capabilities['description']),
    functions: entriesOf(capabilities['functions']).map(toFunction),
    events: entriesOf(capabilities['events']).map(toEventKind),
    identity: limitJsonObject(whole['identity'], FACTS),
    status: limitJsonObject(whole['status'], FACTS),
    labels: limitJsonObject(capabilities['labels'], FACTS),
    raw: rawText(whole),
  }
}

function toFunction(entry: JsonObject): DeviceFunction {
  return {
    name: nameOf(entry),
    description: textOf(entry['description']),
    parameters: limitJsonObject(entry['parameters'], SCHEMA),
    tags: tagsOf(entry),
  }
}

function toEventKind(entry: JsonObject): DeviceEventKind {
  const schema = entry['payload_schema']
  return {
    name: nameOf(entry),
    description: textOf(entry['description']),
    payloadSchema: isJsonObject(schema) ? limitJsonObject(schema, SCHEMA) : null,
    tags: tagsOf(entry),
  }
}

/** Objects with a name; what has none can neither be called nor listened to. */
function entriesOf(list: unknown): JsonObject[] {
  if (!Array.isArray(list)) return []
  return list
    .slice(0, MAX_ENTRIES)
    .filter((entry): entry is JsonObject => isJsonObject(entry) && nameOf(entry) !== '')
}

function nameOf(entry: JsonObject): string {
  return typeof entry['name'] === 'string' ? cleanText(entry['name'], MAX_NAME_LENGTH) : ''
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? cleanText(value, MAX_DESCRIPTION_LENGTH) : ''
}

function tagsOf(entry: JsonObject): string[] {
  const { tags } = entry
  if (!Array.isArray(tags)) return []
  return tags
    .filter((tag): tag is string => typeof tag === 'string')
    .slice(0, MAX_TAGS)
    .map((tag) => cleanText(tag, MAX_NAME_LENGTH))
}

// JSON.stringify escapes control characters, not those that hide or reorder text around them.
const HIDING = /[\p{Cf}\u2028\u2029]/gu

function rawText(record: JsonObject): string {
  const text = JSON.stringify(limitJson(record, RAW), null, 2).replaceAll(HIDING, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
      .join(''),
  )
  if (text.length <= MAX_RAW_LENGTH) return text
  return text.slice(0, MAX_RAW_LENGTH - CUT_MARK.length) + CUT_MARK
}
