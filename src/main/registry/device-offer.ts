import { isJsonObject } from '#shared/protocol/json-rpc.ts'
import type { LabelValue } from '#shared/protocol/selectors.ts'

/** Labels as a device declares them. */
export interface DeclaredLabels {
  /** Their JSON text; `null` where there are none. */
  readonly text: string
  readonly values: ReadonlyMap<string, LabelValue>
}

/** A function or an event, as far as selectors look at it. */
export interface OfferedEntity {
  readonly name: string
  readonly labels: DeclaredLabels
}

/**
 * What a device offers, as far as discovery looks at it without its record. Devices of one model
 * offer the same, so that the fleet index keeps each offer once.
 */
export interface DeviceOffer {
  /** Equal where two offers are. */
  readonly text: string
  readonly labels: DeclaredLabels
  readonly functions: readonly OfferedEntity[]
  readonly events: readonly OfferedEntity[]
}

const NO_LABELS: DeclaredLabels = { text: 'null', values: new Map() }

/** Of the `capabilities` of a record. Wrong types read as absent: a store may hold what others wrote. */
export function offerOf(capabilities: unknown): DeviceOffer {
  const given = isJsonObject(capabilities) ? capabilities : {}
  const labels = labelsOf(given['labels'])
  const functions = entitiesOf(given['functions'])
  const events = entitiesOf(given['events'])
  const text = `${labels.text}\n${textOf(functions)}\n${textOf(events)}`
  return { text, labels, functions, events }
}

function entitiesOf(list: unknown): OfferedEntity[] {
  if (!Array.isArray(list)) return []
  return list.map((entity: unknown) => {
    if (!isJsonObject(entity)) return { name: nameOf(entity), labels: NO_LABELS }
    return { name: nameOf(entity['name']), labels: labelsOf(entity['labels']) }
  })
}

function nameOf(name: unknown): string {
  return typeof name === 'string' ? name : ''
}

function labelsOf(labels: unknown): DeclaredLabels {
  if (!isJsonObject(labels)) return NO_LABELS
  const values = new Map<string, LabelValue>()
  for (const [key, value] of Object.entries(labels)) {
    if (typeof value === 'string') values.set(key, value)
    else if (Array.isArray(value))
      values.set(
        key,
        value.filter((item) => typeof item === 'string'),
      )
  }
  return { text: JSON.stringify(Object.fromEntries(values)), values }
}

function textOf(entities: readonly OfferedEntity[]): string {
  return entities.map(({ name, labels }) => `${JSON.stringify(name)}${labels.text}`).join('')
}
