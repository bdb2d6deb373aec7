/** Reads a stream of the contract until an item satisfies `wanted`, then ends it. */
export async function firstWhere<Item, Wanted>(
  open: (signal: AbortSignal) => Promise<AsyncIterable<Item>>,
  what: string,
  withinMs: number,
  wanted: (item: Item) => Wanted | undefined,
): Promise<Wanted> {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), withinMs)
  try {
    for await (const item of await open(controller.signal)) {
      const found = wanted(item)
      if (found !== undefined) return found
    }
  } catch (error) {
    if (!controller.signal.aborted) throw error
  } finally {
    clearTimeout(timer)
    controller.abort()
  }
  throw new Error(`Waited ${withinMs} ms in vain for ${what}.`)
}
