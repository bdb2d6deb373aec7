/** Waits in line: a queue of which the front is a number, since `shift` moves all of a long array. */
interface Line<Item> {
  items: Item[]
  front: number
}

/** Lines of several tenants that are served by turns. */
export class FairLines<Item> {
  readonly #lines = new Map<string, Line<Item>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  push(tenant: string, item: Item): void {
    const line = this.#lines.get(tenant)
    if (line === undefined) this.#lines.set(tenant, { items: [item], front: 0 })
    else line.items.push(item)
    this.#size += 1
  }

  /** The first of the tenant whose turn it is, among those that may; undefined where there is none. */
  take(may: (tenant: string) => boolean): Item | undefined {
    for (const [tenant, line] of this.#lines) {
      if (!may(tenant)) continue
      const item = line.items[line.front]
      line.front += 1
      this.#size -= 1
      // Behind all others for its next turn.
      this.#lines.delete(tenant)
      if (line.front < line.items.length) this.#lines.set(tenant, shortened(line))
      return item
    }
    return undefined
  }

  clear(): void {
    this.#lines.clear()
    this.#size = 0
  }
}

function shortened<Item>(line: Line<Item>): Line<Item> {
  if (line.front * 2 <= line.items.length) return line
  return { items: line.items.slice(line.front), front: 0 }
}
