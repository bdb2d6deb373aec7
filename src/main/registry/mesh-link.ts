import { setTimeout as delay } from 'node:timers/promises'
import type { NatsConnection } from '@nats-io/nats-core'
import { toMusterError } from '#shared/errors.ts'
import {
  openMeshConnection,
  type MeshConnection,
  type MeshConnectionOptions,
} from '../mesh/connection.ts'
import { orAborted } from '../steps/or-aborted.ts'
import type { SidecarConnection } from './sidecar-messages.ts'

const RETRY_MS = 100
const RETRY_MAX_MS = 2000
/** A server that is away this long is asked less often, so that its log is not filled. */
const QUICK_RETRIES = 50
const DRAIN_TIMEOUT_MS = 1000

export interface LinkOptions extends MeshConnectionOptions {
  readonly report: (connection: SidecarConnection) => void
  /** Called once with the open connection; `connected` is reported when the server has it all. */
  readonly serve: (nats: NatsConnection) => void
}

/**
 * Connects, however long that takes, begins to serve and reports the state of the connection from
 * then on.
 * @throws the signal's reason
 */
export async function openLink(options: LinkOptions, signal: AbortSignal): Promise<MeshConnection> {
  const { report } = options
  report({ state: 'connecting', error: null })
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted()
    try {
      const connection = await openMeshConnection(options, signal)
      options.serve(connection.nats)
      await flushed(connection, signal)
      const tell = () =>
        report({ state: connection.state, error: connection.problem?.message ?? null })
      connection.subscribe(onChange(() => [connection.state, connection.problem], tell))
      tell()
      return connection
    } catch (error) {
      signal.throwIfAborted()
      report({ state: 'connecting', error: toMusterError(error).message })
      const waitMs = attempt <= QUICK_RETRIES ? RETRY_MS : RETRY_MAX_MS
      await delay(waitMs, undefined, { signal })
    }
  }
}

/** Where it is lost right away, the state says so next. @throws the signal's reason, once it is closed */
async function flushed(connection: MeshConnection, signal: AbortSignal): Promise<void> {
  const done = connection.nats.flush().catch(() => undefined)
  try {
    await orAborted(done, signal)
  } catch (error) {
    await connection.close()
    throw error
  }
}

/** Closes a connection in good order where that takes no longer than a second. */
export async function closeLink(connection: MeshConnection): Promise<void> {
  const { nats } = connection
  if (connection.state === 'connected' && !nats.isClosed()) {
    const drained = nats.drain().catch(() => undefined)
    await Promise.race([drained, delay(DRAIN_TIMEOUT_MS, undefined, { ref: false })])
  }
  await connection.close()
}

/** Calls `tell` only where one of `facts` changed: the connection also reports round-trip times. */
function onChange(facts: () => readonly unknown[], tell: () => void): () => void {
  let last = facts()
  return () => {
    const now = facts()
    if (now.every((fact, index) => fact === last[index])) return
    last = now
    tell()
  }
}
