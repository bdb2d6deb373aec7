import { useEffect, useMemo, useRef, type KeyboardEvent } from 'react'
import { useElementSize } from '@mantine/hooks'
import {
  createColumnHelper,
  rowSortingFeature,
  tableFeatures,
  useTable,
  type SortingState,
} from '@tanstack/react-table'
import { useVirtualizer } from '@tanstack/react-virtual'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import type { FleetDevice } from '#shared/contract/fleet.ts'
import { deviceOf, fleetKey, type FleetState } from '../../../lib/live/fleet-state.ts'
import type { SortColumn } from '../fleet-order.ts'
import { rowAfterKey } from '../keyboard.ts'
import { columnsFor, FLEET_COLUMNS, type FleetColumn } from './fleet-columns.tsx'
import styles from './fleet-table.module.css'

const ROW_HEIGHT_PX = 36
/** The header scrolls with the rows and sticks above them. */
const HEAD_HEIGHT_PX = 32
const OVERSCAN_ROWS = 12

interface FleetTableProps {
  /** In the order in which they are shown. */
  readonly devices: readonly FleetDevice[]
  /** The newest states, which rows show. */
  readonly fleet: FleetState
  readonly sortBy: SortColumn
  readonly descending: boolean
  readonly onSort: (column: SortColumn, descending: boolean) => void
  /** Key of the device that the keyboard stands on; null for none. */
  readonly activeKey: string | null
  readonly onActivate: (device: FleetDevice) => void
  readonly onOpen: (device: FleetDevice) => void
}

const features = tableFeatures({ rowSortingFeature })
const helper = createColumnHelper<typeof features, FleetDevice>()
const byId = new Map(FLEET_COLUMNS.map((column) => [column.id as string, column]))

/** The fleet as a table: dense, sortable, driven by keyboard, drawn only where it is seen. */
export function FleetTable(props: FleetTableProps) {
  const { devices, fleet, sortBy, descending, onSort, activeKey } = props
  const { ref: sizeRef, width } = useElementSize()
  const shown = useMemo(() => columnsFor(width), [width])
  const columns = useMemo(
    () => helper.columns(shown.map(({ id, title }) => helper.accessor(id, { id, header: title }))),
    [shown],
  )
  const sorting = useMemo<SortingState>(
    () => [{ id: sortBy, desc: descending }],
    [sortBy, descending],
  )
  const table = useTable({
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
      const column = next === undefined ? undefined : byId.get(next.id)
      if (next !== undefined && column !== undefined) onSort(column.id, next.desc)
    },
  })
  const rows = table.getRowModel().rows
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT_PX,
    overscan: OVERSCAN_ROWS,
    scrollMargin: HEAD_HEIGHT_PX,
    scrollPaddingStart: HEAD_HEIGHT_PX,
    getItemKey: (index) => rows[index]?.id ?? index,
  })
  const activeIndex = useActiveIndex(devices, activeKey)
  const isFirst = useRef(true)
  useEffect(() => {
    if (activeIndex < 0) return
    virtual.scrollToIndex(activeIndex, { align: isFirst.current ? 'center' : 'auto' })
    isFirst.current = false
    // Only when the choice moves, not each time the list changes below it.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [activeKey])

  const template = shown.map(({ track }) => track).join(' ')
  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHT_PX) - 2)
    const target = rowAfterKey(event.key, activeIndex, rows.length, page)
    const device = devices[target ?? activeIndex]
    if (device === undefined) return
    if (target !== null) props.onActivate(device)
    else if (event.key === 'Enter') props.onOpen(device)
    else return
    event.preventDefault()
  }
  return (
    <div className={styles.table} ref={sizeRef}>
      <div
        ref={scroller}
        className={styles.scroller}
        role="grid"
        aria-label="Devices"
        aria-rowcount={rows.length + 1}
        aria-colcount={shown.length}
        aria-activedescendant={activeIndex < 0 ? undefined : rowId(activeIndex)}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <div
          className={styles.head}
          role="row"
          aria-rowindex={1}
          style={{ gridTemplateColumns: template }}
        >
          {table.getHeaderGroups()[0]?.headers.map((header) => {
            const sorted = header.column.getIsSorted()
            return (
              <span
                key={header.id}
                role="columnheader"
                aria-sort={
                  sorted === false ? 'none' : sorted === 'asc' ? 'ascending' : 'descending'
                }
              >
                <button
                  type="button"
                  className={styles.sort}
                  data-sorted={sorted !== false}
                  onClick={header.column.getToggleSortingHandler()}
                >
                  <table.FlexRender header={header} />
                  {sorted === 'asc' && <IconArrowUp size={13} aria-hidden />}
                  {sorted === 'desc' && <IconArrowDown size={13} aria-hidden />}
                </button>
              </span>
            )
          })}
        </div>
        <div className={styles.body} role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index]
            if (row === undefined) return null
            return (
              <FleetRow
                key={row.id}
                index={item.index}
                top={item.start - HEAD_HEIGHT_PX}
                template={template}
                columns={shown}
                device={deviceOf(fleet, row.id) ?? row.original}
                isActive={row.id === activeKey}
                onOpen={props.onOpen}
              />
            )
          })}
        </div>
      </div>
    </div>
  )
}

interface FleetRowProps {
  readonly index: number
  readonly top: number
  readonly template: string
  readonly columns: readonly FleetColumn[]
  readonly device: FleetDevice
  readonly isActive: boolean
  readonly onOpen: (device: FleetDevice) => void
}

function FleetRow({ index, top, template, columns, device, isActive, onOpen }: FleetRowProps) {
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus -- the grid has the focus and the keys
    <div
      id={rowId(index)}
      className={styles.row}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isActive}
      style={{ transform: `translateY(${top}px)`, gridTemplateColumns: template }}
      onClick={() => onOpen(device)}
    >
      {columns.map(({ id, cell }) => (
        <span key={id} role="gridcell" className={styles.cell}>
          {cell(device)}
        </span>
      ))}
    </div>
  )
}

function rowId(index: number): string {
  return `fleet-row-${index}`
}

function useActiveIndex(devices: readonly FleetDevice[], activeKey: string | null): number {
  return useMemo(
    () => (activeKey === null ? -1 : devices.findIndex((device) => fleetKey(device) === activeKey)),
    [devices, activeKey],
  )
}
