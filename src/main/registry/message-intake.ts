import type { Msg, NatsConnection } from '@nats-io/nats-core'
import { messageOf } from '#shared/errors.ts'
import type { Dialect } from '#shared/protocol/dialect.ts'
import { isJsonObject, parseJsonObject } from '#shared/protocol/json-rpc.ts'
import { isSafeToken } from '#shared/protocol/names.ts'
import type { LatencyHistogram } from './latency-histogram.ts'
import type { RegistryParts } from './registry-parts.ts'
import { requesterIn } from './requester.ts'
import { failureText } from './rpc-text.ts'
import type { SharedStore } from './shared-store.ts'
import type { SubjectHandlers } from './subscriptions.ts'

/** JSON-RPC leaves -32000 to -32099 to servers. */
const BUSY = -32000
/** Of so many heartbeats one is timed: looking at the clock takes as long as most of them do. */
const TIMED_HEARTBEATS = 64

type Answer = string | Uint8Array | Promise<string>

export interface MessageIntakeOptions {
  readonly connection: NatsConnection
  readonly dialect: Dialect
  /** The server says in a header who sent a request, and no client can: see `requesterIn`. */
  readonly trustsRequesters: boolean
  readonly parts: Pick<
    RegistryParts,
    | 'registrations'
    | 'discovery'
    | 'rooms'
    | 'heartbeats'
    | 'requests'
    | 'latencies'
    | 'counters'
    | 'drops'
    | 'sharing'
  >
}

/** What the registry does with each message that it hears. */
export function messageHandlers(options: MessageIntakeOptions): SubjectHandlers {
  const { connection, dialect, trustsRequesters, parts } = options
  const { registrations, discovery, rooms, heartbeats, requests, latencies, counters, drops } =
    parts
  const tenantStart = dialect.subjectRoot.length + 1

  /** No message may take the process down, whatever it holds. */
  const guarded = (message: Msg, handle: () => void) => {
    try {
      handle()
    } catch (error) {
      counters.malformed += 1
      drops.note(message.subject, `it could not be handled (${messageOf(error)})`)
    }
  }

  const reply = (message: Msg, answer: Answer) => {
    if (answer instanceof Promise) {
      void answer.then((text) => !connection.isClosed() && message.respond(text))
      return
    }
    message.respond(answer)
    if (typeof answer !== 'string' && rooms.wants(answer)) giveBackOnceSent(answer)
  }

  /** What the server got, the connection does not read again. What gets lost, the collector takes. */
  const giveBackOnceSent = (answer: Uint8Array) => {
    connection.flush().then(
      () => rooms.giveBack(answer),
      () => undefined,
    )
  }

  /** Answers a request in its turn; one without a reply subject is ignored (protocol.md, "Registration"). */
  const request =
    (latency: LatencyHistogram, answer: (message: Msg, tenant: string) => Answer) =>
    (message: Msg) => {
      if (message.reply === undefined || message.reply === '') return
      // The tenant is never taken from the payload.
      const { subject } = message
      const tenant = subject.slice(tenantStart, subject.indexOf('.', tenantStart))
      if (!isSafeToken(tenant)) {
        counters.unsafeNames += 1
        return
      }
      const run = () => {
        const startedAt = performance.now()
        guarded(message, () => reply(message, answer(message, tenant)))
        latency.note(performance.now() - startedAt)
      }
      requests.offer(tenant, message.data.length, run, () => {
        drops.note(subject, 'too many requests of this tenant wait')
        reply(message, failureText(null, BUSY, 'too many requests of this tenant wait; try again'))
      })
    }

  const { sharing } = parts
  return {
    offline: sharing && ((message) => noteAnnouncement(message, tenantStart, sharing.store)),
    registry: request(latencies.registration, ({ subject, data, headers }, tenant) =>
      registrations.answerWhenSaved(
        tenant,
        data,
        subject,
        trustsRequesters ? requesterIn(headers) : undefined,
      ),
    ),
    discovery: request(latencies.discovery, ({ subject, data }, tenant) =>
      discovery.reply(tenant, data, subject),
    ),
    heartbeat: (message) => {
      const startedAt = counters.heartbeats % TIMED_HEARTBEATS === 0 ? performance.now() : 0
      try {
        heartbeats.receive(message.subject, message.data)
      } catch (error) {
        counters.malformed += 1
        drops.note(message.subject, `it could not be handled (${messageOf(error)})`)
      }
      if (startedAt !== 0) latencies.heartbeat.note(performance.now() - startedAt)
    },
  }
}

/** A registry, perhaps this one, announced that a device is offline. */
function noteAnnouncement(
  { subject, data }: Msg,
  tenantStart: number,
  store: Pick<SharedStore, 'heardAnnouncement'>,
): void {
  const params = parseJsonObject(Buffer.from(data).toString())?.['params']
  const deviceId = isJsonObject(params) ? params['device_id'] : undefined
  if (typeof deviceId !== 'string') return
  const tenant = subject.slice(tenantStart, subject.indexOf('.', tenantStart))
  store.heardAnnouncement({ tenant, deviceId })
}
