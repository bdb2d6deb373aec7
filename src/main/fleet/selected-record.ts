import type { JsonObject } from '#shared/protocol/json-rpc.ts'
import { fitsFilter, fitsKeys, type Selector } from '#shared/protocol/selectors.ts'
import { deviceFacts, statusFacts } from '../registry/device-facts.ts'
import { labelOf } from '../registry/label-histogram.ts'
import { isJsonObject } from '#shared/protocol/json-rpc.ts'

/** The TTL of a record is nothing that selectors look at. */
const ANY_TTL_SECONDS = 15

/** Whether a selector addresses a device by its record, or one of its functions or events. */
export function isAddressed(selector: Selector, deviceId: string, record: JsonObject): boolean {
  const { deviceType: type, offer } = deviceFacts(record, ANY_TTL_SECONDS)
  const { location } = statusFacts(isJsonObject(record['status']) ? record['status'] : {})
  if (!fitsFilter(selector.device, deviceId, (key) => labelOf({ offer, type, location }, key))) {
    return false
  }
  const entities = selector.event === undefined ? offer.functions : offer.events
  const filter = selector.function ?? selector.event
  return (
    filter === undefined ||
    entities.some(
      ({ name, labels }) =>
        (filter.fitsName?.(name) ?? true) && fitsKeys(filter, (key) => labels.values.get(key)),
    )
  )
}
