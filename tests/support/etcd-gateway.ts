/** A change that a watch of etcd saw. */
export interface EtcdEvent {
  readonly kind: 'put' | 'delete'
  readonly key: string
  readonly value: string
}

const PUTS_A_TRANSACTION = 100
const TRANSACTIONS_AT_ONCE = 4

/**
 * What tests and benchmarks ask an etcd beside the registry, through its JSON gateway: a client of
 * its own, so that a fault of the registry's is seen and not shared.
 */
export class EtcdGateway {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  /** The store's revision: it grows by one with each write. */
  async revision(): Promise<number> {
    const { header } = await this.#call<{ header: { revision: string } }>('kv/range', {
      key: encode('\0'),
      count_only: true,
    })
    return Number(header.revision)
  }

  /** Size of the database's file, whatever of it is in use. */
  async databaseBytes(): Promise<number> {
    const metrics = await (await fetch(`${this.#url}/metrics`)).text()
    const found = /^etcd_mvcc_db_total_size_in_bytes (?<bytes>\S+)$/mu.exec(metrics)
    return Number(found?.groups?.['bytes'])
  }

  /** Keys below `prefix`. */
  async count(prefix: string): Promise<number> {
    const { count } = await this.#call<{ count?: string }>('kv/range', {
      ...rangeOf(prefix),
      count_only: true,
    })
    return Number(count ?? 0)
  }

  /** Values below `prefix`, by key. */
  async range(prefix: string): Promise<ReadonlyMap<string, string>> {
    type Pair = { key: string; value?: string }
    const { kvs = [] } = await this.#call<{ kvs?: Pair[] }>('kv/range', rangeOf(prefix))
    return new Map(kvs.map(({ key, value }) => [decode(key), decode(value ?? '')]))
  }

  /** Puts all of these, many to a transaction; under a lease where one is given. */
  async putAll(entries: readonly (readonly [string, string])[], lease?: string): Promise<void> {
    const batches: (readonly (readonly [string, string])[])[] = []
    for (let from = 0; from < entries.length; from += PUTS_A_TRANSACTION) {
      batches.push(entries.slice(from, from + PUTS_A_TRANSACTION))
    }
    const worker = async () => {
      for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
        const success = batch.map(([key, value]) => ({
          requestPut: {
            key: encode(key),
            value: encode(value),
            ...(lease === undefined ? {} : { lease }),
          },
        }))
        await this.#call('kv/txn', { success })
      }
    }
    await Promise.all(Array.from({ length: TRANSACTIONS_AT_ONCE }, worker))
  }

  /** Deletes everything below `prefix`. */
  async clear(prefix: string): Promise<void> {
    await this.#call('kv/deleterange', rangeOf(prefix))
  }

  /** Ends all leases, as if nobody had kept them alive. */
  async revokeLeases(): Promise<void> {
    const { leases = [] } = await this.#call<{ leases?: { ID: string }[] }>('lease/leases', {})
    for (const { ID } of leases) await this.#call('lease/revoke', { ID })
  }

  /** Forgets what was before this revision; its room stays with the database. */
  async forget(before: number): Promise<void> {
    await this.#call('kv/compaction', { revision: before, physical: true })
  }

  /** Forgets what was before the present revision, and gives its room back. */
  async compact(): Promise<void> {
    await this.forget(await this.revision())
    await this.#call('maintenance/defragment', {})
  }

  /** Takes an alarm for lack of room back. */
  async disarm(): Promise<void> {
    const { alarms = [] } = await this.#call<{ alarms?: { memberID: string; alarm: string }[] }>(
      'maintenance/alarm',
      { action: 'GET' },
    )
    for (const { memberID, alarm } of alarms) {
      await this.#call('maintenance/alarm', { action: 'DEACTIVATE', memberID, alarm })
    }
  }

  /** Calls `onEvents` with what changes below `prefix`, until the signal; resolves once it watches. */
  async watch(
    prefix: string,
    onEvents: (events: readonly EtcdEvent[]) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const answer = await fetch(`${this.#url}/v3/watch`, {
      method: 'POST',
      body: JSON.stringify({ create_request: rangeOf(prefix) }),
      signal,
    })
    const lines = linesOf(answer)
    await lines.next()
    // It ends with the signal or with etcd; what was seen until then is what there is.
    void readEvents(lines, onEvents).catch(() => undefined)
  }

  async #call<T>(path: string, body: unknown): Promise<T> {
    const answer = await fetch(`${this.#url}/v3/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`etcd refuses ${path}: ${await answer.text()}`)
    return (await answer.json()) as T
  }
}

async function readEvents(
  lines: AsyncIterable<string>,
  onEvents: (events: readonly EtcdEvent[]) => void,
): Promise<void> {
  type Event = { type?: string; kv: { key: string; value?: string } }
  for await (const line of lines) {
    const { result } = JSON.parse(line) as { result?: { events?: Event[] } }
    const events = (result?.events ?? []).map(({ type, kv }): EtcdEvent => {
      const kind = type === 'DELETE' ? 'delete' : 'put'
      return { kind, key: decode(kv.key), value: decode(kv.value ?? '') }
    })
    if (events.length > 0) onEvents(events)
  }
}

async function* linesOf(answer: Response): AsyncGenerator<string> {
  if (!answer.ok || answer.body === null) throw new Error(`etcd refuses to watch: ${answer.status}`)
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of answer.body) {
    const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') yield line
  }
}

function rangeOf(prefix: string): { key: string; range_end: string } {
  const end =
    prefix.slice(0, -1) + String.fromCodePoint((prefix.codePointAt(prefix.length - 1) ?? 0) + 1)
  return { key: encode(prefix), range_end: encode(end) }
}

const encode = (text: string) => Buffer.from(text).toString('base64')
const decode = (text: string) => Buffer.from(text, 'base64').toString()
