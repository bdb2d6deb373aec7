import { useMemo } from 'react'
import {
  createColumnHelper,
  rowSortingFeature,
  tableFeatures,
  useTable,
  type SortingState,
} from '@tanstack/react-table'
import type { HolderColumn } from '../components/holder-columns.tsx'
import type { HolderOrder, HolderRow } from '../holder-rows.ts'

const features = tableFeatures({ rowSortingFeature })
const helper = createColumnHelper<typeof features, HolderRow>()

interface HolderTableOptions {
  readonly columns: readonly HolderColumn[]
  readonly order: HolderOrder
  readonly onOrder: (order: HolderOrder) => void
}

export type HolderTableModel = ReturnType<typeof useHolderTable>

// Rows are drawn from the ordered list itself.
const NO_ROWS: HolderRow[] = []

/** The table's columns and order, without a word on how they look. */
export function useHolderTable({ columns: shown, order, onOrder }: HolderTableOptions) {
  const columns = useMemo(
    () => helper.columns(shown.map(({ id, title }) => helper.accessor(id, { id, header: title }))),
    [shown],
  )
  const sorting = useMemo<SortingState>(() => [{ id: order.by, desc: order.descending }], [order])
  return useTable({
    features,
    columns,
    data: NO_ROWS,
    manualSorting: true,
    enableSortingRemoval: false,
    sortDescFirst: false,
    state: { sorting },
    onSortingChange: (update) => {
      const [next] = typeof update === 'function' ? update(sorting) : update
      const column = shown.find(({ id }) => id === next?.id)
      if (next !== undefined && column !== undefined)
        onOrder({ by: column.id, descending: next.desc })
    },
  })
}
