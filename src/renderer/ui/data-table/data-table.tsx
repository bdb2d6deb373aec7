import { useId, useMemo, type Key, type KeyboardEvent } from 'react'
import { useElementSize } from '@mantine/hooks'
import { rowAfterKey } from '../row-keys.ts'
import { columnsFor, type DataColumn, type DataOrder } from './data-column.ts'
import { DataHead } from './data-head.tsx'
import { DataRow, placeOf, TICK_COLUMN } from './data-row.tsx'
import styles from './data-table.module.css'
import { useDataTable } from './use-data-table.ts'
import { HEAD_HEIGHT_PX, useDrawnRows } from './use-drawn-rows.ts'
import type { Selection } from './use-selection.ts'

const TICK_TRACK = '1.25rem'

/** Boxes before the rows. */
export interface Ticks<Row> {
  readonly selection: Selection
  readonly idOf: (row: Row) => string
  /** What the box of a row ticks; also of one that has not come yet. */
  readonly nameOf: (row: Row | undefined) => string
  /** Ticks all that are shown; without it there is no box for all. */
  readonly onAll?: () => void
}

export interface DataTableProps<Row, By extends string> {
  readonly label: string
  readonly columns: readonly DataColumn<Row, By>[]
  readonly order?: DataOrder<By>
  /** Without it the titles are no buttons. */
  readonly onOrder?: (order: DataOrder<By>) => void
  readonly count: number
  /** Undefined for a row that has not come yet. */
  readonly rowAt: (index: number) => Row | undefined
  /** What a row is known by while the list changes around it; its index without. */
  readonly keyAt?: (index: number) => Key
  /** Index of the row that the keyboard stands on; -1 for none. */
  readonly active: number
  /** The list scrolls to the active row when this changes; the index without. */
  readonly activeKey?: Key | null
  /** Marks another row than the active one, such as that whose details are open. */
  readonly isMarked?: (row: Row) => boolean
  readonly toneOf?: (row: Row) => 'bad' | undefined
  readonly ticks?: Ticks<Row>
  readonly onActivate: (index: number) => void
  readonly onOpen: (index: number) => void
  /** Instead of opening and ticking; with the id of the column that was clicked. */
  readonly onClick?: (index: number, column: string | null) => void
  readonly onEscape: () => void
  /** Which rows are drawn, to load these or more. */
  readonly onDrawn?: (first: number, last: number) => void
}

/** A list as a table: dense, driven by keyboard, drawn only where it is seen. */
export function DataTable<Row, By extends string = never>(props: DataTableProps<Row, By>) {
  const { count, rowAt, active, ticks, isMarked } = props
  const { ref: sizeRef, width } = useElementSize()
  const columns = useMemo(() => columnsFor(props.columns, width), [props.columns, width])
  const tracks = columns.map(({ track }) => track)
  const template = (ticks === undefined ? tracks : [TICK_TRACK, ...tracks]).join(' ')
  const table = useDataTable({
    columns,
    order: props.order ?? null,
    onOrder: props.onOrder ?? null,
  })
  const id = useId()
  const { scroller, virtual, items, pageRows } = useDrawnRows(props)

  const click = (index: number, column: string | null) => {
    const row = rowAt(index)
    if (row === undefined) return
    if (props.onClick !== undefined) props.onClick(index, column)
    else if (column === TICK_COLUMN) ticks?.selection.toggle(ticks.idOf(row))
    else props.onOpen(index)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') return props.onEscape()
    // The buttons of the header have keys of their own.
    if (event.target !== event.currentTarget) return
    const target = rowAfterKey(event.key, active, count, pageRows())
    const row = rowAt(active)
    if (target !== null) props.onActivate(target)
    else if (event.key === 'Enter') {
      if (row !== undefined) props.onOpen(active)
    } else if (event.key === ' ' && ticks !== undefined && row !== undefined) {
      ticks.selection.toggle(ticks.idOf(row))
    } else if (event.key === 'a' && (event.ctrlKey || event.metaKey) && ticks?.onAll) {
      ticks.onAll()
    } else return
    event.preventDefault()
  }
  const nameAt = (index: number) => `${id}-row-${index}`
  return (
    <div className={styles.table} ref={sizeRef}>
      <div
        ref={scroller}
        className={styles.scroller}
        role="grid"
        aria-label={props.label}
        aria-rowcount={count + 1}
        aria-colcount={columns.length + (ticks === undefined ? 0 : 1)}
        aria-multiselectable={ticks === undefined ? undefined : true}
        aria-activedescendant={
          items.some(({ index }) => index === active) ? nameAt(active) : undefined
        }
        tabIndex={0}
        onKeyDown={onKeyDown}
        onClick={(event) => {
          const place = placeOf(event.target)
          if (place !== null) click(place.index, place.column)
        }}
      >
        <DataHead
          table={table}
          template={template}
          ticks={
            ticks === undefined
              ? null
              : { selection: ticks.selection, total: count, onAll: ticks.onAll }
          }
        />
        <div className={styles.body} role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index, start }) => {
            const row = rowAt(index)
            return (
              <DataRow
                key={props.keyAt?.(index) ?? index}
                id={nameAt(index)}
                index={index}
                top={start - HEAD_HEIGHT_PX}
                template={template}
                columns={columns}
                row={row}
                tone={row === undefined ? undefined : props.toneOf?.(row)}
                isActive={
                  isMarked === undefined ? index === active : row !== undefined && isMarked(row)
                }
                isTicked={
                  ticks === undefined
                    ? null
                    : row !== undefined && ticks.selection.ids.has(ticks.idOf(row))
                }
                tickName={ticks?.nameOf(row)}
              />
            )
          })}
        </div>
      </div>
    </div>
  )
}
