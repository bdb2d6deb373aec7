import type { IWatchResponse } from 'etcd3'
import type {
  EtcdEvent,
  KeepAlive,
  KeepAliveListener,
  Watch,
  WatchListener,
} from './etcd-client.ts'
import type { EtcdEndpoints } from './etcd-endpoints.ts'
import { etcdError } from './etcd-errors.ts'
import { endOfPrefix, toEntry } from './etcd3-values.ts'

interface Stream {
  on(event: 'end', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  cancel(): void
}

/** One stream, which tells once that it is over, unless we ended it. */
class Lifetime {
  readonly #ended: (error: Error) => void
  #stream: Stream | undefined
  #over = (): void => undefined
  #open = true

  constructor(ended: (error: Error) => void) {
    this.#ended = ended
  }

  /** @param over called when the stream is over, whoever ended it */
  begin(stream: Stream, over: () => void): void {
    this.#stream = stream
    this.#over = over
    // etcd3 listens as well, so that a cancelled stream's error is nobody's to catch.
    stream.on('error', (error) => this.fail(error))
    stream.on('end', () => this.fail(new Error('the stream ended')))
    if (!this.#open) this.#end()
  }

  fail(error: Error): void {
    if (!this.#open) return
    this.close()
    this.#ended(etcdError(error))
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    this.#end()
  }

  #end(): void {
    this.#over()
    this.#stream?.cancel()
  }
}

export async function openKeepAlive(
  endpoints: EtcdEndpoints,
  listener: KeepAliveListener,
): Promise<KeepAlive> {
  const life = new Lifetime((error) => listener.ended(error))
  const stream = await endpoints.stream(
    async ({ leaseClient }, over) => {
      const opened = await leaseClient.leaseKeepAlive()
      life.begin(opened, over)
      return opened
    },
    () => life.fail(MOVED()),
  )
  stream.on('data', ({ ID, TTL }) => listener.kept(ID, Math.max(Number(TTL), 0)))
  return { keep: (lease) => stream.write({ ID: lease }), close: () => life.close() }
}

/** One stream with a watch for each prefix. */
export async function openWatch(
  endpoints: EtcdEndpoints,
  prefixes: readonly string[],
  fromRevision: number,
  listener: WatchListener,
): Promise<Watch> {
  const life = new Lifetime((error) => listener.ended(error))
  const stream = await endpoints.stream(
    async ({ watchClient }, over) => {
      const opened = await watchClient.watch()
      life.begin(opened, over)
      return opened
    },
    () => life.fail(MOVED()),
  )
  stream.on('data', (response) => {
    const prefix = prefixes[Number(response.watch_id) - FIRST_WATCH_ID]
    if (Number(response.compact_revision) > 0) {
      life.close()
      listener.compacted()
    } else if (response.canceled) {
      life.fail(new Error(response.cancel_reason || 'the watch was cancelled'))
    } else if (prefix !== undefined && !response.created) {
      listener.events(prefix, response.events.map(toEvent), toldUpTo(response))
    }
  })
  for (const [index, prefix] of prefixes.entries()) {
    const request = {
      key: Buffer.from(prefix),
      range_end: endOfPrefix(prefix),
      start_revision: fromRevision,
      watch_id: FIRST_WATCH_ID + index,
      progress_notify: true,
      // Otherwise what a burst changed comes as one message of any size.
      fragment: true,
    }
    stream.write({ create_request: request })
  }
  return { close: () => life.close() }
}

const MOVED = () => new Error('calls go to another endpoint now')

/** 0 would let etcd choose. */
const FIRST_WATCH_ID = 1

function toEvent({ type, kv }: IWatchResponse['events'][number]): EtcdEvent {
  return type === 'Delete'
    ? { kind: 'delete', key: kv.key.toString(), revision: Number(kv.mod_revision) }
    : { kind: 'put', entry: toEntry(kv) }
}

/** A fragment ends in the middle of a revision: the watch may have to begin with it again. */
function toldUpTo({ header, events, fragment }: IWatchResponse): number {
  const last = events.at(-1)
  if (last === undefined) return Number(header.revision)
  const revision = Number(last.kv.mod_revision)
  return fragment ? revision - 1 : revision
}
