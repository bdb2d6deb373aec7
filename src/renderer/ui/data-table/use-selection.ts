import { useState } from 'react'

/** Ids that are ticked, beyond what is drawn of the list. */
export interface Selection {
  readonly ids: ReadonlySet<string>
  toggle(id: string): void
  set(ids: Iterable<string>): void
  clear(): void
}

export function useSelection(): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set())
  return {
    ids,
    toggle: (id) =>
      setIds((before) => {
        const next = new Set(before)
        if (!next.delete(id)) next.add(id)
        return next
      }),
    set: (next) => setIds(new Set(next)),
    clear: () => setIds(new Set()),
  }
}
