import type { MsgHdrs } from '@nats-io/nats-core'
import { parseJsonObject } from '#shared/protocol/json-rpc.ts'

const HEADER = 'Nats-Request-Info'

/** Who sent a request, in the words of the server that let it in. */
export interface Requester {
  /** Public key of the user. */
  readonly publicKey: string
  /** The name in its JWT, which whoever issued it wrote there. */
  readonly name: string
}

/**
 * Reads who asks from the header that nats-server adds where an import shares it (`share`, see
 * `tenantWiring`). The server's is the last of its name: 2.9.10 takes one away that the client sent,
 * leaves a second one in place, and puts its own behind. Undefined where the request did not cross
 * the border of an account, or the import does not share.
 */
export function requesterIn(headers: MsgHdrs | undefined): Requester | undefined {
  const last = headers?.values(HEADER).at(-1)
  if (last === undefined) return undefined
  const { user, name_tag: name } = parseJsonObject(last) ?? {}
  if (typeof user !== 'string' || user === '') return undefined
  return { publicKey: user, name: typeof name === 'string' ? name : '' }
}
