import type { JsonObject } from '#shared/protocol/json-rpc.ts'

/** As the registrar begins documents. */
const HEAD = '{"capabilities":'
/** Models of devices that a fleet mostly consists of. */
const MAX_RECENT = 16

interface Known {
  readonly text: string
  readonly capabilities: unknown
}

export interface ReadDocument {
  readonly record: JsonObject
  /** JSON text of its capabilities. */
  readonly capabilitiesText: string
}

/**
 * Reads documents from a store at start. Capabilities are most of a document and come first, and
 * devices of a model have the same: they are parsed once, which halves the time for 10,000 devices.
 */
export class StoredDocuments {
  readonly #recent: Known[] = []

  /** @param document JSON text of an object */
  read(document: string): ReadDocument {
    const known = this.#recent.find(({ text }) => beginsWith(document, text))
    if (known !== undefined) {
      const rest = JSON.parse(
        `{${document.slice(HEAD.length + known.text.length + 1)}`,
      ) as JsonObject
      return {
        record: { capabilities: known.capabilities, ...rest },
        capabilitiesText: known.text,
      }
    }
    const record = JSON.parse(document) as JsonObject
    const capabilities = record['capabilities'] ?? {}
    const text = JSON.stringify(capabilities)
    if (beginsWith(document, text)) {
      this.#recent.unshift({ text, capabilities })
      this.#recent.length = Math.min(this.#recent.length, MAX_RECENT)
    }
    return { record, capabilitiesText: text }
  }
}

/** Only where more follows: then what the text is the beginning of is the whole value. */
function beginsWith(document: string, capabilities: string): boolean {
  return (
    document.startsWith(HEAD) &&
    document.startsWith(capabilities, HEAD.length) &&
    document[HEAD.length + capabilities.length] === ','
  )
}
