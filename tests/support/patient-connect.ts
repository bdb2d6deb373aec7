import { setTimeout as pause } from 'node:timers/promises'
import { connect, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node'

const WITHIN_MS = 60_000
const PAUSE_MS = 200

/**
 * Connects, and again where the server cut a login off that a busy machine did not finish in the two seconds
 * which it allows. A credential that it refuses is refused at once.
 */
export async function patientConnect(options: ConnectionOptions): Promise<NatsConnection> {
  const deadline = performance.now() + WITHIN_MS
  for (;;) {
    try {
      return await connect(options)
    } catch (error) {
      const refused = error instanceof Error && /authorization violation/iu.test(error.message)
      if (refused || performance.now() > deadline) throw error
      await pause(PAUSE_MS)
    }
  }
}
