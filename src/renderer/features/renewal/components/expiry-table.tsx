import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type MouseEvent } from 'react'
import { Checkbox, Skeleton } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { useVirtualizer } from '@tanstack/react-virtual'
import type { ExpiringCredential, ExpiryFilter } from '#shared/contract/renewal.ts'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { rowAfterKey } from '../../../ui/row-keys.ts'
import { useRows } from '../api/use-expiry.ts'
import type { Selection } from '../hooks/use-selection.ts'
import { columnsFor, type ExpiryColumn } from './expiry-columns.tsx'
import styles from './expiry-table.module.css'

const ROW_HEIGHT_PX = 36
const HEAD_HEIGHT_PX = 32
const OVERSCAN_ROWS = 12
const TICK_TRACK = '1.25rem'

interface ExpiryTableProps {
  readonly filter: ExpiryFilter
  /** How many rows there are. */
  readonly total: number
  readonly selection: Selection
  /** Opens the credential in the ledger. */
  readonly onOpen: (id: string) => void
}

/** What expires, the soonest first: driven by keyboard, drawn and asked for only where it is seen. */
export function ExpiryTable(props: ExpiryTableProps) {
  const { filter, total, selection, onOpen } = props
  const { ref: sizeRef, width } = useElementSize()
  const columns = useMemo(() => columnsFor(width), [width])
  const template = [TICK_TRACK, ...columns.map(({ track }) => track)].join(' ')
  const [cursor, setCursor] = useState(-1)
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT_PX,
    overscan: OVERSCAN_ROWS,
    scrollMargin: HEAD_HEIGHT_PX,
    scrollPaddingStart: HEAD_HEIGHT_PX,
  })
  const items = virtual.getVirtualItems()
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0]
  const { rows, error } = useRows(filter, first, last)
  useEffect(() => {
    if (cursor >= 0 && cursor < total) virtual.scrollToIndex(cursor, { align: 'auto' })
    // Only when the cursor moves, not each time the list changes below it.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [cursor])

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHT_PX) - 2)
    const target = rowAfterKey(event.key, cursor, total, page)
    const row = rows.get(cursor)
    if (target !== null) setCursor(target)
    else if (event.key === ' ' && row !== undefined) selection.toggle(row.id)
    else if (event.key === 'Enter' && row !== undefined) onOpen(row.id)
    else if (event.key === 'Escape') selection.clear()
    else return
    event.preventDefault()
  }
  const onClick = (event: MouseEvent) => {
    const index = rowIndexOf(event.target)
    const row = index === null ? undefined : rows.get(index)
    if (row === undefined || index === null) return
    setCursor(index)
    const opens = event.target instanceof Element && event.target.closest('[data-opens]') !== null
    if (opens) onOpen(row.id)
    else selection.toggle(row.id)
  }
  return (
    <div className={styles.table} ref={sizeRef}>
      {error !== null && <ProblemNotice problem={problemOf(error)} />}
      <div
        ref={scroller}
        className={styles.scroller}
        role="grid"
        aria-label="What expires"
        aria-rowcount={total + 1}
        aria-colcount={columns.length + 1}
        aria-multiselectable
        aria-activedescendant={
          items.some(({ index }) => index === cursor) ? rowName(cursor) : undefined
        }
        tabIndex={0}
        onKeyDown={onKeyDown}
        onClick={onClick}
      >
        <div
          className={styles.head}
          role="row"
          aria-rowindex={1}
          style={{ gridTemplateColumns: template }}
        >
          <span role="columnheader">
            <span className="m-hidden">Ticked</span>
          </span>
          {columns.map(({ id, title }) => (
            <span
              key={id}
              role="columnheader"
              className={styles.heading}
              aria-sort={id === 'expiresAt' ? 'ascending' : 'none'}
            >
              {title}
            </span>
          ))}
        </div>
        <div className={styles.body} role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index, start }) => (
            <TableRow
              key={index}
              index={index}
              top={start - HEAD_HEIGHT_PX}
              template={template}
              columns={columns}
              credential={rows.get(index)}
              isActive={index === cursor}
              isTicked={selection.ids.has(rows.get(index)?.id ?? '')}
            />
          ))}
        </div>
      </div>
    </div>
  )
}

interface TableRowProps {
  readonly index: number
  readonly top: number
  readonly template: string
  readonly columns: readonly ExpiryColumn[]
  /** Undefined until it came. */
  readonly credential: ExpiringCredential | undefined
  readonly isActive: boolean
  readonly isTicked: boolean
}

function TableRow(props: TableRowProps) {
  const { index, top, template, columns, credential, isActive, isTicked } = props
  const name = credential?.deviceId ?? credential?.name ?? 'this credential'
  return (
    // oxlint-disable-next-line jsx-a11y/interactive-supports-focus -- the grid has the focus and the keys
    <div
      id={rowName(index)}
      data-row={index}
      data-ticked={isTicked}
      data-loading={credential === undefined}
      className={styles.row}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isActive}
      style={{ transform: `translateY(${top}px)`, gridTemplateColumns: template }}
    >
      <span role="gridcell" className={styles.tick}>
        <Checkbox size="xs" tabIndex={-1} checked={isTicked} readOnly aria-label={`Tick ${name}`} />
      </span>
      {columns.map(({ id, cell }) => (
        <span
          key={id}
          role="gridcell"
          className={styles.cell}
          {...(id === 'name' ? { 'data-opens': true } : {})}
        >
          {credential === undefined ? <Skeleton height={10} width="60%" /> : cell(credential)}
        </span>
      ))}
    </div>
  )
}

function rowName(index: number): string {
  return `expiry-row-${index}`
}

/** The index of the row that something in it belongs to; null outside of rows. */
function rowIndexOf(target: EventTarget): number | null {
  if (!(target instanceof Element)) return null
  const row = target.closest<HTMLElement>('[data-row]')?.dataset['row']
  return row === undefined ? null : Number(row)
}

const LOADING_ROWS = Array.from({ length: 10 }, (_, index) => index)
const LOADING_CELLS = ['1rem', '4rem', '11rem', '7rem', '6rem', '4rem']

/** Rows that stand in until the first answer came. */
export function LoadingExpiry() {
  return (
    <div className={styles.loading} aria-busy="true" aria-label="What expires is being loaded">
      {LOADING_ROWS.map((row) => (
        <div key={row} className={styles.loadingRow}>
          {LOADING_CELLS.map((width) => (
            <Skeleton key={width} height={12} width={width} />
          ))}
        </div>
      ))}
    </div>
  )
}
