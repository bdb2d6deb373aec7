import { useEffect, useMemo, useRef, type KeyboardEvent, type MouseEvent } from 'react'
import { useElementSize } from '@mantine/hooks'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { rowAfterKey } from '../../../ui/row-keys.ts'
import { useHolderTable, type HolderTableModel } from '../hooks/use-holder-table.ts'
import type { HolderOrder, HolderRow } from '../holder-rows.ts'
import { columnsFor } from './holder-columns.tsx'
import styles from './holder-table.module.css'

const ROW_HEIGHT_PX = 36
/** The header scrolls with the rows and sticks above them. */
const HEAD_HEIGHT_PX = 32
const OVERSCAN_ROWS = 10

interface HolderTableProps {
  /** In the order in which they are shown. */
  readonly rows: readonly HolderRow[]
  readonly order: HolderOrder
  readonly onOrder: (order: HolderOrder) => void
  /** The key of the one that the keyboard stands on; null for none. */
  readonly active: string | null
  readonly onActivate: (publicKey: string) => void
  readonly onOpen: (publicKey: string) => void
  readonly onEscape: () => void
}

/** Operator and accounts as a table: dense, sortable, driven by keyboard, drawn only where it is seen. */
export function HolderTable(props: HolderTableProps) {
  const { rows, order, onOrder, active, onActivate, onOpen, onEscape } = props
  const { ref: sizeRef, width } = useElementSize()
  const columns = useMemo(() => columnsFor(width), [width])
  const table = useHolderTable({ columns, order, onOrder })
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT_PX,
    overscan: OVERSCAN_ROWS,
    scrollMargin: HEAD_HEIGHT_PX,
    scrollPaddingStart: HEAD_HEIGHT_PX,
  })
  const activeIndex = rows.findIndex(({ publicKey }) => publicKey === active)
  useEffect(() => {
    if (activeIndex >= 0) virtual.scrollToIndex(activeIndex, { align: 'auto' })
    // Only when the choice moves, not each time the list changes below it.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [active])

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') return onEscape()
    // The buttons of the header have keys of their own.
    if (event.target !== event.currentTarget) return
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHT_PX) - 2)
    const target = rowAfterKey(event.key, activeIndex, rows.length, page)
    const row = target === null ? undefined : rows[target]
    if (row !== undefined) onActivate(row.publicKey)
    else if (event.key === 'Enter' && active !== null) onOpen(active)
    else return
    event.preventDefault()
  }
  const onClick = (event: MouseEvent) => {
    if (!(event.target instanceof Element)) return
    const index = event.target.closest<HTMLElement>('[data-row]')?.dataset['row']
    const row = index === undefined ? undefined : rows[Number(index)]
    if (row !== undefined) onOpen(row.publicKey)
  }
  const template = columns.map(({ track }) => track).join(' ')
  const items = virtual.getVirtualItems()
  const isActiveDrawn = items.some(({ index }) => index === activeIndex)
  return (
    <div className={styles.table} ref={sizeRef}>
      <div
        ref={scroller}
        className={styles.scroller}
        role="grid"
        aria-label="Operator and accounts"
        aria-rowcount={rows.length + 1}
        aria-colcount={columns.length}
        aria-activedescendant={isActiveDrawn ? `holder-row-${activeIndex}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onClick={onClick}
      >
        <HolderHead table={table} template={template} />
        <div className={styles.body} role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index, start }) => {
            const row = rows[index]
            if (row === undefined) return null
            return (
              // oxlint-disable-next-line jsx-a11y/interactive-supports-focus -- the grid has the focus and the keys
              <div
                key={row.publicKey}
                id={`holder-row-${index}`}
                data-row={index}
                className={styles.row}
                role="row"
                aria-rowindex={index + 2}
                aria-selected={row.publicKey === active}
                style={{
                  transform: `translateY(${start - HEAD_HEIGHT_PX}px)`,
                  gridTemplateColumns: template,
                }}
              >
                {columns.map(({ id, cell }) => (
                  <span key={id} role="gridcell" className={styles.cell}>
                    {cell(row)}
                  </span>
                ))}
              </div>
            )
          })}
        </div>
      </div>
    </div>
  )
}

const ARIA_SORT = { asc: 'ascending', desc: 'descending' } as const

function HolderHead({ table, template }: { table: HolderTableModel; template: string }) {
  return (
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
            aria-sort={sorted === false ? 'none' : ARIA_SORT[sorted]}
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
  )
}
