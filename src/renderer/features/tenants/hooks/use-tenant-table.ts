import { useMemo } from 'react'
import {
  createColumnHelper,
  rowSortingFeature,
  tableFeatures,
  useTable,
  type SortingState,
} from '@tanstack/react-table'
import type { TenantColumn } from '../components/tenant-columns.tsx'
import type { TenantOrder, TenantRow } from '../tenant-rows.ts'

const features = tableFeatures({ rowSortingFeature })
const helper = createColumnHelper<typeof features, TenantRow>()

interface TenantTableOptions {
  readonly columns: readonly TenantColumn[]
  readonly order: TenantOrder
  readonly onOrder: (order: TenantOrder) => void
}

export type TenantTableModel = ReturnType<typeof useTenantTable>

// Rows are drawn from the ordered list itself.
const NO_ROWS: TenantRow[] = []

/** The table's columns and order, without a word on how they look. */
export function useTenantTable({ columns: shown, order, onOrder }: TenantTableOptions) {
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
