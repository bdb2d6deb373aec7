import { useMemo } from 'react'
import {
  createColumnHelper,
  rowSortingFeature,
  tableFeatures,
  useTable,
  type SortingState,
} from '@tanstack/react-table'
import type { FleetDevice } from '#shared/contract/fleet.ts'
import { fleetKey } from '../../../lib/live/fleet-state.ts'
import type { FleetColumn } from '../components/fleet-columns.tsx'
import type { SortColumn } from '../fleet-order.ts'

const features = tableFeatures({ rowSortingFeature })
const helper = createColumnHelper<typeof features, FleetDevice>()

interface FleetTableOptions {
  /** In the order in which they are shown. */
  readonly devices: readonly FleetDevice[]
  readonly columns: readonly FleetColumn[]
  readonly sortBy: SortColumn
  readonly descending: boolean
  readonly onSort: (column: SortColumn, descending: boolean) => void
}

export type FleetTableModel = ReturnType<typeof useFleetTable>

/** The table's columns, rows and order, without a word on how they look. */
export function useFleetTable(options: FleetTableOptions) {
  const { devices, columns: shown, sortBy, descending, onSort } = options
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
    data: devices,
    getRowId: fleetKey,
    // Ordered by `FleetOrder` already, which is quicker on large fleets.
    manualSorting: true,
    enableSortingRemoval: false,
    state: { sorting },
    onSortingChange: (update) => {
      const [next] = typeof update === 'function' ? update(sorting) : update
      const column = shown.find(({ id }) => id === next?.id)
      if (next !== undefined && column !== undefined) onSort(column.id, next.desc)
    },
  })
}
