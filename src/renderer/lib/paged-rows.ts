import { useCallback, useState } from 'react'
import { useQueries } from '@tanstack/react-query'

/** Rows that are fetched together: more than a screen full, less than a moment's wait. */
const PAGE_ROWS = 100

interface PagedRows<Row> {
  /** By index; those that have not come yet are missing. */
  readonly rows: ReadonlyMap<number, Row>
  readonly error: Error | null
  /** Tells which rows are drawn, and so which ones are asked for. */
  readonly onDrawn: (first: number, last: number) => void
}

/**
 * A list of which only that is fetched which is seen. `key` names the whole list in the cache; `ask`
 * answers with the rows from `offset` on.
 */
export function usePagedRows<Row>(
  key: readonly unknown[],
  ask: (
    page: { offset: number; limit: number },
    options: { signal: AbortSignal },
  ) => Promise<{ readonly rows: readonly Row[] }>,
): PagedRows<Row> {
  const [drawn, setDrawn] = useState({ from: 0, to: 0 })
  const onDrawn = useCallback((first: number, last: number) => {
    const from = Math.floor(Math.max(0, first) / PAGE_ROWS)
    const to = Math.max(from, Math.floor(Math.max(0, last) / PAGE_ROWS))
    setDrawn((before) => (before.from === from && before.to === to ? before : { from, to }))
  }, [])
  const found = useQueries({
    queries: Array.from({ length: drawn.to - drawn.from + 1 }, (_, index) => {
      const offset = (drawn.from + index) * PAGE_ROWS
      return {
        queryKey: [...key, offset],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          ask({ offset, limit: PAGE_ROWS }, { signal }),
      }
    }),
    combine: (results) => {
      const rows = new Map<number, Row>()
      for (const [page, { data }] of results.entries()) {
        for (const [index, row] of (data?.rows ?? []).entries()) {
          rows.set((drawn.from + page) * PAGE_ROWS + index, row)
        }
      }
      return { rows, error: results.find(({ error }) => error !== null)?.error ?? null }
    },
  })
  return { ...found, onDrawn }
}
