import type { NatsConnection } from '@nats-io/nats-core'
import { z } from 'zod'
import { messageOf, TransientError } from '#shared/errors.ts'

const Stats = z.object({ statsz: z.object({ active_servers: z.int().positive() }) })

/**
 * How many servers a cluster has, as the first that answers tells: who counts answers for a while takes a
 * busy server for none.
 * @throws TransientError `MESH_NO_ANSWER`; the abort reason.
 */
export async function countServers(
  nats: NatsConnection,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<number> {
  const [first = ''] = await askServers(nats, '$SYS.REQ.SERVER.PING', '', {
    servers: 1,
    timeoutMs,
    signal,
  })
  const stats = Stats.safeParse(jsonOf(first))
  return stats.success ? stats.data.statsz.active_servers : 1
}

export interface ServersAsked {
  /** How many are to answer. */
  readonly servers: number
  /** Longest wait for all of them. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/**
 * What the servers of a cluster answer on the system account: at least one answer, and of every server where it
 * came in time.
 * @throws TransientError `MESH_NO_ANSWER`; the abort reason.
 */
export async function askServers(
  nats: NatsConnection,
  subject: string,
  payload: string,
  { servers, timeoutMs, signal }: ServersAsked,
): Promise<string[]> {
  const texts: string[] = []
  try {
    const options = { strategy: 'count', maxMessages: servers, maxWait: timeoutMs } as const
    for await (const message of await nats.requestMany(subject, payload, options)) {
      texts.push(message.string())
    }
  } catch (error) {
    signal.throwIfAborted()
    if (texts.length === 0) throw noAnswer(messageOf(error), error)
  }
  signal.throwIfAborted()
  if (texts.length === 0) throw noAnswer('nothing came in time')
  return texts
}

export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function noAnswer(why: string, cause?: unknown): TransientError {
  return new TransientError({
    code: 'MESH_NO_ANSWER',
    message: `The NATS servers did not answer: ${why}.`,
    advice: 'Try again once the mesh is connected.',
    cause,
  })
}
