import { useMemo } from 'react'
import {
  createColumnHelper,
  rowSortingFeature,
  tableFeatures,
  useTable,
  type SortingState,
} from '@tanstack/react-table'
import type { FleetDevice } from '#shared/contract/fleet.ts'
import type { FleetColumn } from '../components/fleet-columns.tsx'
import type { SortColumn } from '../fleet-order.ts'

const features = tableFeatures({ rowSortingFeature })
const helper = createColumnHelper<typeof features, FleetDevice>()

interface FleetTableOptions {
  readonly columns: readonly FleetColumn[]
  readonly sortBy: SortColumn
  readonly descending: boolean
  readonly onSort: (column: SortColumn, descending: boolean) => void
}

export type FleetTableModel = ReturnType<typeof useFleetTable>

// Rows are drawn from the ordered list itself: a row object for each of 100,000 devices, made anew
// at every change, would cost more than everything else together.
const NO_ROWS: FleetDevice[] = []

/** The table's columns and order, without a word on how they look. */
export function useFleetTable(options: FleetTableOptions) {
  const { columns: shown, sortBy, descending, onSort } = options
  const columns = useMemo(
    () => helper.columns(shown.map(({ id, title }) => helper.accessor(id, { id, header: title }))),
    [shown],
  )
  const sorting = useMemo<SortingState>(
    () => [{ id: sortBy, desc: descending }],
    [sortBy, descending],
  )
  return useTable({
    features,
    columns,
    data: NO_ROWS,
    // `FleetOrder` orders.
    manualSorting: true,
    enableSortingRemoval: false,
    sortDescFirst: false,
    state: { sorting },
    onSortingChange: (update) => {
      const [next] = typeof update === 'function' ? update(sorting) : update
      const column = shown.find(({ id }) => id === next?.id)
      if (next !== undefined && column !== undefined) onSort(column.id, next.desc)
    },
  })
}
