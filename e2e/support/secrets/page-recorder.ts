import type { CDPSession, Page } from '@playwright/test'

/** One thing that went over a wire of the page. */
export interface Passage {
  readonly what: string
  readonly bytes: Buffer
}

/** Records everything that a page exchanges with its host, and looks into the page itself. */
export class PageRecorder {
  readonly page: Page
  readonly sent: Passage[] = []
  readonly received: Passage[] = []
  readonly #pending: Promise<void>[] = []

  constructor(page: Page) {
    this.page = page
    page.on('websocket', (socket) => {
      socket.on('framesent', ({ payload }) => this.#keep(this.sent, 'frame', payload))
      socket.on('framereceived', ({ payload }) => this.#keep(this.received, 'frame', payload))
    })
    page.on('request', (request) => {
      const body = request.postDataBuffer() ?? Buffer.alloc(0)
      this.#keep(this.sent, `${request.method()} ${request.url()}`, body)
    })
    page.on('response', (response) => {
      const what = `answer of ${response.url()}`
      const kept = response.body().then(
        (body) => this.#keep(this.received, what, body),
        () => undefined,
      )
      this.#pending.push(kept)
    })
  }

  /** Waits until every answer so far is recorded. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending)
  }

  /** The document as it is now, with what stands in its fields. */
  async document(): Promise<string> {
    return this.page.evaluate(() => {
      const fields = [...document.querySelectorAll<HTMLInputElement>('input, textarea')]
      const values = fields.map(({ value }) => value)
      return [document.documentElement.outerHTML, location.href, ...values].join('\n')
    })
  }

  /** Everything that the page keeps beyond its own life. */
  async storage(): Promise<string> {
    return this.page.evaluate(async () =>
      JSON.stringify({
        local: Object.entries(localStorage),
        session: Object.entries(sessionStorage),
        cookies: document.cookie,
        history: history.state as unknown,
        databases: await indexedDB.databases(),
        caches: await caches.keys(),
        entries: performance.getEntries().map(({ name }) => name),
      }),
    )
  }

  /** Leaves a text in the page's memory, to see whether a snapshot would show it. */
  async plant(text: string): Promise<void> {
    await this.page.evaluate((planted) => Object.assign(globalThis, { planted }), text)
  }

  /**
   * A snapshot of the page's JavaScript heap after a garbage collection, as V8 writes it, and its
   * strings once more without JSON's escapes. V8 cuts strings at 1024 characters unless the browser
   * was started with `--js-flags=--heap-snapshot-string-limit=…`; bytes in ArrayBuffers are never in it.
   */
  async heap(): Promise<{ readonly snapshot: Buffer; readonly strings: Buffer }> {
    const devTools = await this.page.context().newCDPSession(this.page)
    await devTools.send('HeapProfiler.enable')
    await devTools.send('HeapProfiler.collectGarbage')
    const text = await takeSnapshot(devTools)
    await devTools.detach()
    const { strings } = JSON.parse(text) as { strings: string[] }
    return { snapshot: Buffer.from(text), strings: Buffer.from(strings.join('\n')) }
  }

  #keep(where: Passage[], what: string, bytes: Buffer | string): void {
    where.push({ what, bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes })
  }
}

async function takeSnapshot(devTools: CDPSession): Promise<string> {
  const chunks: string[] = []
  devTools.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => void chunks.push(chunk))
  await devTools.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false })
  return chunks.join('')
}
