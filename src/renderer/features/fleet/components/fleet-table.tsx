import { useEffect, useMemo, useRef, type KeyboardEvent } from 'react'
import { useElementSize } from '@mantine/hooks'
import { useVirtualizer } from '@tanstack/react-virtual'
import type { FleetDevice } from '#shared/contract/fleet.ts'
import { deviceOf, fleetKey, type FleetState } from '../../../lib/live/fleet-state.ts'
import type { SortColumn } from '../fleet-order.ts'
import { useFleetTable } from '../hooks/use-fleet-table.ts'
import { rowAfterKey } from '../../../ui/row-keys.ts'
import { columnsFor } from './fleet-columns.tsx'
import { FleetHead } from './fleet-head.tsx'
import { FleetRow, rowId, rowIndexOf } from './fleet-row.tsx'
import styles from './fleet-table.module.css'

const ROW_HEIGHT_PX = 36
/** The header scrolls with the rows and sticks above them. */
const HEAD_HEIGHT_PX = 32
const OVERSCAN_ROWS = 10

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
  readonly onEscape: () => void
}

/** The fleet as a table: dense, sortable, driven by keyboard, drawn only where it is seen. */
export function FleetTable(props: FleetTableProps) {
  const { devices, fleet, sortBy, descending, onSort, activeKey } = props
  const { ref: sizeRef, width } = useElementSize()
  const columns = useMemo(() => columnsFor(width), [width])
  const table = useFleetTable({ columns, sortBy, descending, onSort })
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    // Without keys for items: they would be worked out for the whole fleet at each change.
    count: devices.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT_PX,
    overscan: OVERSCAN_ROWS,
    scrollMargin: HEAD_HEIGHT_PX,
    scrollPaddingStart: HEAD_HEIGHT_PX,
  })
  const items = virtual.getVirtualItems()
  const activeIndex = useActiveIndex(devices, activeKey)
  const isFirst = useRef(true)
  useEffect(() => {
    if (activeIndex < 0) return
    virtual.scrollToIndex(activeIndex, { align: isFirst.current ? 'center' : 'auto' })
    isFirst.current = false
    // Only when the choice moves, not each time the list changes below it.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [activeKey])

  const template = columns.map(({ track }) => track).join(' ')
  const openRow = (index: number | null) => {
    const device = index === null ? undefined : devices[index]
    if (device !== undefined) props.onOpen(device)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') return props.onEscape()
    // The buttons of the header have keys of their own.
    if (event.target !== event.currentTarget) return
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHT_PX) - 2)
    const target = rowAfterKey(event.key, activeIndex, devices.length, page)
    const device = target === null ? undefined : devices[target]
    if (device !== undefined) props.onActivate(device)
    else if (event.key === 'Enter') openRow(activeIndex)
    else return
    event.preventDefault()
  }
  const isActiveDrawn = items.some(({ index }) => index === activeIndex)
  return (
    <div className={styles.table} ref={sizeRef}>
      <div
        ref={scroller}
        className={styles.scroller}
        role="grid"
        aria-label="Devices"
        aria-rowcount={devices.length + 1}
        aria-colcount={columns.length}
        aria-activedescendant={isActiveDrawn ? rowId(activeIndex) : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onClick={(event) => openRow(rowIndexOf(event.target))}
      >
        <FleetHead table={table} template={template} />
        <div className={styles.body} role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const listed = devices[item.index]
            if (listed === undefined) return null
            const key = fleetKey(listed)
            return (
              <FleetRow
                key={key}
                index={item.index}
                top={item.start - HEAD_HEIGHT_PX}
                template={template}
                columns={columns}
                device={deviceOf(fleet, key) ?? listed}
                isActive={key === activeKey}
              />
            )
          })}
        </div>
      </div>
    </div>
  )
}

function useActiveIndex(devices: readonly FleetDevice[], activeKey: string | null): number {
  return useMemo(
    () => (activeKey === null ? -1 : devices.findIndex((device) => fleetKey(device) === activeKey)),
    [devices, activeKey],
  )
}
