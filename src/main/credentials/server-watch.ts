import type { NatsConnection, Subscription } from '@nats-io/nats-core'
import { z } from 'zod'
import type { SystemConnection } from './server-view.ts'
import { quotedClaims, signerOfJwt } from './user-claims.ts'

const Event = z.object({
  timestamp: z.string().default(''),
  server: z.object({ name: z.string() }),
  client: z.object({
    host: z.string().default(''),
    id: z.int().default(0),
    user: z.string().default(''),
    name: z.string().default(''),
    /** The JWT that the client came with: read for its date, never handed on. */
    jwt: z.string().default(''),
  }),
  reason: z.string().default(''),
})

/** What a server said of a client that it closed or turned away. */
export interface ClientEvent {
  readonly publicKey: string
  readonly server: string
  readonly cid: number
  readonly name: string
  readonly address: string
  readonly reason: string
  readonly at: Date
  /** When the JWT that it came with was issued; null where it showed none. */
  readonly issuedAt: Date | null
  /** The key that signed that JWT, its signature checked: anybody may come with any text. */
  issuer(): string | undefined
  /** This computer's own clock, where `at` is the server's. */
  readonly heardAt: Date
}

export interface ClientEvents {
  /** A connection of the account has ended. */
  closed(event: ClientEvent): void
  /** A client was turned away, whatever account it wanted to: there the server does not say which. */
  refused(event: ClientEvent): void
}

/**
 * Hears from every server of the cluster which clients of an account go and which are turned away.
 * nats-server tells of both on its system account, with the user key and the JWT of the client. A
 * request sent after this has resolved is dealt with after the subscriptions.
 * @returns what ends it
 */
export async function watchClients(
  system: SystemConnection,
  account: string,
  events: ClientEvents,
  signal: AbortSignal,
): Promise<() => void> {
  const nats = await system.connected(signal)
  const subscriptions = [
    listen(nats, `$SYS.ACCOUNT.${account}.DISCONNECT`, (event) => events.closed(event)),
    listen(nats, '$SYS.SERVER.*.CLIENT.AUTH.ERR', (event) => events.refused(event)),
  ]
  return () => {
    for (const subscription of subscriptions) {
      if (!subscription.isClosed()) subscription.unsubscribe()
    }
  }
}

function listen(
  nats: NatsConnection,
  subject: string,
  listener: (event: ClientEvent) => void,
): Subscription {
  return nats.subscribe(subject, {
    callback: (error, message) => {
      if (error !== null) return
      const event = readClientEvent(message.string(), new Date())
      if (event !== undefined) listener(event)
    },
  })
}

/** An event of the system account; undefined for what is none. */
export function readClientEvent(text: string, heardAt: Date): ClientEvent | undefined {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return undefined
  }
  const parsed = Event.safeParse(json)
  if (!parsed.success) return undefined
  const { client, server, reason, timestamp } = parsed.data
  const claims = quotedClaims(client.jwt)
  const at = Date.parse(timestamp)
  return {
    // A client that sends no nkey beside its JWT, as devices may, is turned away without a user.
    publicKey: client.user === '' ? (claims?.publicKey ?? '') : client.user,
    server: server.name,
    cid: client.id,
    name: client.name,
    address: client.host,
    reason,
    at: Number.isNaN(at) ? heardAt : new Date(at),
    issuedAt: claims?.issuedAt ?? null,
    issuer: () => signerOfJwt(client.jwt),
    heardAt,
  }
}
