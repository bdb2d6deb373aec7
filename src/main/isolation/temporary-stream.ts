import { z } from 'zod'
import type { ProbeConnection } from './probe-connection.ts'
import { PROBE_CONSUMER } from './target.ts'

const PREFIX = 'MUSTER_PROBE_'
const ANSWER_TIMEOUT_MS = 3_000
/** Messages leave by themselves should Muster not be there to remove the stream. */
const MAX_AGE_NS = 15 * 60 * 1_000_000_000
/** Older ones were left behind by a proof that crashed: none runs for so long. */
const ABANDONED_AFTER_MS = 15 * 60_000
/** JetStream's code for an account that may not use it. */
const NOT_ENABLED = 10_039

const Answer = z.object({
  error: z.object({ err_code: z.int().optional(), description: z.string().default('') }).optional(),
})
const StreamList = z.object({
  streams: z
    .array(z.object({ config: z.object({ name: z.string() }), created: z.string() }))
    .nullish(),
})

/** A stream made for the proof, or why there is none. */
export type StreamOutcome =
  | { readonly type: 'made'; readonly name: string }
  /** The account has no JetStream, or the server none. */
  | { readonly type: 'none' }
  | { readonly type: 'failed'; readonly why: string }

/** Makes a small stream in memory, with a consumer and one message, in the account of an unrestricted user. */
export async function makeStream(owner: ProbeConnection, id: string): Promise<StreamOutcome> {
  const name = `${PREFIX}${id}`
  const subject = `${PREFIX}SUBJECT.${id}`
  const config = {
    name,
    subjects: [subject],
    storage: 'memory',
    retention: 'limits',
    max_msgs: 4,
    max_bytes: 4_096,
    max_age: MAX_AGE_NS,
    num_replicas: 1,
  }
  const answer = await askStreamApi(owner, `CREATE.${name}`, JSON.stringify(config))
  if (answer === undefined) return { type: 'none' }
  const { error } = answer
  if (error !== undefined) {
    return error.err_code === NOT_ENABLED
      ? { type: 'none' }
      : { type: 'failed', why: error.description }
  }
  // Whoever fetches the message is known by the name in it.
  owner.publish(subject, `one message of ${name}`)
  const consumer = { durable_name: PROBE_CONSUMER, ack_policy: 'explicit', deliver_policy: 'all' }
  await owner.ask(
    `$JS.API.CONSUMER.DURABLE.CREATE.${name}.${PROBE_CONSUMER}`,
    JSON.stringify({ stream_name: name, config: consumer }),
    ANSWER_TIMEOUT_MS,
  )
  await owner.barrier()
  return { type: 'made', name }
}

/** Whether the stream answers its owner: the control for those who must get no answer. */
export async function streamAnswers(owner: ProbeConnection, name: string): Promise<boolean> {
  const answer = await askStreamApi(owner, `INFO.${name}`, '')
  return answer !== undefined && answer.error === undefined
}

export async function removeStream(owner: ProbeConnection, name: string): Promise<void> {
  await askStreamApi(owner, `DELETE.${name}`, '')
}

/** Removes what a proof left behind that was ended without warning. */
export async function removeAbandonedStreams(owner: ProbeConnection, now: Date): Promise<void> {
  const text = await owner.ask('$JS.API.STREAM.LIST', '', ANSWER_TIMEOUT_MS)
  const list = StreamList.safeParse(parseJson(text))
  for (const { config, created } of (list.success ? list.data.streams : undefined) ?? []) {
    const ageMs = now.getTime() - Date.parse(created)
    if (config.name.startsWith(PREFIX) && ageMs > ABANDONED_AFTER_MS) {
      await removeStream(owner, config.name)
    }
  }
}

async function askStreamApi(owner: ProbeConnection, verb: string, payload: string) {
  const text = await owner.ask(`$JS.API.STREAM.${verb}`, payload, ANSWER_TIMEOUT_MS)
  const parsed = Answer.safeParse(parseJson(text))
  return parsed.success ? parsed.data : undefined
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
