import { isJsonObject, parseJsonObject } from '#shared/protocol/json-rpc.ts'

const STATUS = ',"status":'

/** A record as stores keep it: its text without the status, and that of the status. */
export interface RecordText {
  readonly document: string
  readonly status: string
}

/**
 * Takes a whole record apart.
 * @param known a document that it probably has: then nothing has to be parsed
 * @returns undefined where the text is no JSON object, or its status none
 */
export function splitRecord(text: string, known: string | undefined): RecordText | undefined {
  if (known !== undefined && known.length > 2) {
    const head = known.length - 1
    if (text.startsWith(STATUS, head) && text.startsWith(known.slice(0, head))) {
      const status = text.slice(head + STATUS.length, -1)
      // Unless something stands behind it, which Muster never writes.
      if (parseJsonObject(status) !== undefined) return { document: known, status }
    }
  }
  const record = parseJsonObject(text)
  if (record === undefined) return undefined
  const { status = {}, ...rest } = record
  if (!isJsonObject(status) || Object.keys(rest).length === 0) return undefined
  return { document: JSON.stringify(rest), status: JSON.stringify(status) }
}
