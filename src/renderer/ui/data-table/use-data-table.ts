import { useMemo } from 'react'
import {
  rowSortingFeature,
  tableFeatures,
  useTable,
  type ColumnDef,
  type SortingState,
} from '@tanstack/react-table'
import type { DataColumn, DataOrder } from './data-column.ts'

const features = tableFeatures({ rowSortingFeature })

interface DataTableModelOptions<Row, By extends string> {
  readonly columns: readonly DataColumn<Row, By>[]
  /** Null where the list has no order to choose. */
  readonly order: DataOrder<By> | null
  /** Null where the titles are no buttons. */
  readonly onOrder: ((order: DataOrder<By>) => void) | null
}

export type DataTableModel = ReturnType<typeof useDataTable>

// Rows are drawn from the ordered list itself: a row object for each of 100,000 of them, made anew
// at every change, would cost more than everything else together.
const NO_ROWS: never[] = []

/** The table's columns and order, without a word on how they look. */
export function useDataTable<Row, By extends string>(options: DataTableModelOptions<Row, By>) {
  const { columns: shown, order, onOrder } = options
  const canOrder = onOrder !== null
  const columns = useMemo(
    () =>
      shown.map(({ id, title, orderBy }): ColumnDef<typeof features, never> => ({
        id,
        header: title,
        // Without it a column counts as one that cannot be ordered by.
        accessorFn: () => null,
        enableSorting: canOrder && orderBy !== undefined,
      })),
    [shown, canOrder],
  )
  const sorting = useMemo<SortingState>(() => {
    const sorted = shown.find(({ orderBy }) => orderBy !== undefined && orderBy === order?.by)
    return sorted === undefined ? [] : [{ id: sorted.id, desc: order?.descending ?? false }]
  }, [shown, order])
  return useTable({
    features,
    columns,
    data: NO_ROWS,
    // The feature orders its rows, or asks main for them in order.
    manualSorting: true,
    enableSortingRemoval: false,
    enableMultiSort: false,
    sortDescFirst: false,
    state: { sorting },
    onSortingChange: (update) => {
      const [next] = typeof update === 'function' ? update(sorting) : update
      const by = shown.find(({ id }) => id === next?.id)?.orderBy
      if (next !== undefined && by !== undefined) onOrder?.({ by, descending: next.desc })
    },
  })
}
