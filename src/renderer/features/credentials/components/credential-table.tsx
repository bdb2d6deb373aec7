import { useEffect, useMemo, useRef, type KeyboardEvent, type MouseEvent } from 'react'
import { Checkbox, Skeleton } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { useVirtualizer } from '@tanstack/react-virtual'
import type { Credential, CredentialFilter, CredentialOrder } from '#shared/contract/credentials.ts'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { rowAfterKey } from '../../../ui/row-keys.ts'
import { useRows } from '../api/use-page.ts'
import type { Selection } from '../hooks/use-selection.ts'
import { columnsFor, type CredentialColumn } from './credential-columns.tsx'
import styles from './credential-table.module.css'

const ROW_HEIGHT_PX = 36
const HEAD_HEIGHT_PX = 32
const OVERSCAN_ROWS = 12
const TICK_TRACK = '1.25rem'

interface CredentialTableProps {
  readonly filter: CredentialFilter
  readonly order: CredentialOrder
  readonly onOrder: (order: CredentialOrder) => void
  /** How many rows there are. */
  readonly total: number
  readonly selection: Selection
  readonly onTickAll: () => void
  /** Row that the keyboard stands on; -1 for none. */
  readonly cursor: number
  readonly onCursor: (index: number) => void
  readonly selected: string | null
  readonly onSelect: (id: string | null) => void
}

/** The ledger as a table: dense, sortable, driven by keyboard, drawn and asked for only where it is seen. */
export function CredentialTable(props: CredentialTableProps) {
  const { filter, order, total, selection, cursor, onCursor, selected, onSelect } = props
  const { ref: sizeRef, width } = useElementSize()
  const columns = useMemo(() => columnsFor(width), [width])
  const template = [TICK_TRACK, ...columns.map(({ track }) => track)].join(' ')
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
  const { rows, error } = useRows(filter, order, items[0]?.index ?? 0, items.at(-1)?.index ?? 0)
  useEffect(() => {
    if (cursor >= 0 && cursor < total) virtual.scrollToIndex(cursor, { align: 'auto' })
    // Only when the cursor moves, not each time the list changes below it.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [cursor])

  const select = (index: number | null) => {
    const row = index === null ? undefined : rows.get(index)
    if (row !== undefined && index !== null) {
      onCursor(index)
      onSelect(row.id)
    }
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') return onSelect(null)
    // The buttons of the header have keys of their own.
    if (event.target !== event.currentTarget) return
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHT_PX) - 2)
    const target = rowAfterKey(event.key, cursor, total, page)
    const row = rows.get(cursor)
    if (target !== null) {
      onCursor(target)
      const next = rows.get(target)
      // With the details open they follow the keyboard.
      if (selected !== null && next !== undefined) onSelect(next.id)
    } else if (event.key === 'Enter') select(cursor)
    else if (event.key === ' ' && row !== undefined) selection.toggle(row.id)
    else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) props.onTickAll()
    else return
    event.preventDefault()
  }
  const onClick = (event: MouseEvent) => {
    const index = rowIndexOf(event.target)
    const row = index === null ? undefined : rows.get(index)
    if (row === undefined) return
    const ticks = event.target instanceof Element && event.target.closest('[data-tick]') !== null
    if (ticks) selection.toggle(row.id)
    else select(index)
  }
  return (
    <div className={styles.table} ref={sizeRef}>
      {error !== null && <ProblemNotice problem={problemOf(error)} />}
      <div
        ref={scroller}
        className={styles.scroller}
        role="grid"
        aria-label="Credentials"
        aria-rowcount={total + 1}
        aria-colcount={columns.length + 1}
        aria-multiselectable
        aria-activedescendant={
          items.some(({ index }) => index === cursor) ? `credential-row-${cursor}` : undefined
        }
        tabIndex={0}
        onKeyDown={onKeyDown}
        onClick={onClick}
      >
        <TableHead {...props} columns={columns} template={template} />
        <div className={styles.body} role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index, start }) => (
            <TableRow
              key={index}
              index={index}
              top={start - HEAD_HEIGHT_PX}
              template={template}
              columns={columns}
              credential={rows.get(index)}
              isActive={selected === null ? index === cursor : rows.get(index)?.id === selected}
              isTicked={selection.ids.has(rows.get(index)?.id ?? '')}
            />
          ))}
        </div>
      </div>
    </div>
  )
}

interface TableHeadProps extends CredentialTableProps {
  readonly columns: readonly CredentialColumn[]
  readonly template: string
}

function TableHead({
  columns,
  template,
  order,
  onOrder,
  selection,
  total,
  ...props
}: TableHeadProps) {
  const ticked = selection.ids.size
  return (
    <div
      className={styles.head}
      role="row"
      aria-rowindex={1}
      style={{ gridTemplateColumns: template }}
    >
      <span role="columnheader" className={styles.tick}>
        <Checkbox
          size="xs"
          aria-label={ticked === 0 ? 'Tick all that are shown' : 'Tick none'}
          checked={ticked > 0 && ticked >= total}
          indeterminate={ticked > 0 && ticked < total}
          onChange={() => (ticked === 0 ? props.onTickAll() : selection.clear())}
        />
      </span>
      {columns.map(({ id, title, orderBy }) => {
        const sorted = orderBy !== null && orderBy === order.by
        const direction = order.descending ? 'descending' : 'ascending'
        if (orderBy === null) {
          return (
            <span key={id} role="columnheader" className="m-muted">
              {title}
            </span>
          )
        }
        return (
          <span key={id} role="columnheader" aria-sort={sorted ? direction : 'none'}>
            <button
              type="button"
              className={styles.sort}
              data-sorted={sorted}
              onClick={() => onOrder({ by: orderBy, descending: sorted && !order.descending })}
            >
              {title}
              {sorted && !order.descending && <IconArrowUp size={13} aria-hidden />}
              {sorted && order.descending && <IconArrowDown size={13} aria-hidden />}
            </button>
          </span>
        )
      })}
    </div>
  )
}

interface TableRowProps {
  readonly index: number
  readonly top: number
  readonly template: string
  readonly columns: readonly CredentialColumn[]
  /** Undefined until it came. */
  readonly credential: Credential | undefined
  readonly isActive: boolean
  readonly isTicked: boolean
}

function TableRow(props: TableRowProps) {
  const { index, top, template, columns, credential, isActive, isTicked } = props
  return (
    // oxlint-disable-next-line jsx-a11y/interactive-supports-focus -- the grid has the focus and the keys
    <div
      id={`credential-row-${index}`}
      data-row={index}
      data-ticked={isTicked}
      data-loading={credential === undefined}
      className={styles.row}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isActive}
      style={{ transform: `translateY(${top}px)`, gridTemplateColumns: template }}
    >
      <span role="gridcell" className={styles.tick} data-tick>
        <Checkbox
          size="xs"
          tabIndex={-1}
          checked={isTicked}
          readOnly
          aria-label={`Tick ${credential?.name ?? 'this credential'}`}
        />
      </span>
      {columns.map(({ id, cell }) => (
        <span key={id} role="gridcell" className={styles.cell}>
          {credential === undefined ? <Skeleton height={10} width="60%" /> : cell(credential)}
        </span>
      ))}
    </div>
  )
}

/** The index of the row that something in it belongs to; null outside of rows. */
function rowIndexOf(target: EventTarget): number | null {
  if (!(target instanceof Element)) return null
  const row = target.closest<HTMLElement>('[data-row]')?.dataset['row']
  return row === undefined ? null : Number(row)
}

const LOADING_ROWS = Array.from({ length: 12 }, (_, index) => index)
const LOADING_CELLS = ['1rem', '4.5rem', '11rem', '6rem', '5rem', '4.5rem']

/** Rows that stand in until the first answer came. */
export function LoadingCredentials() {
  return (
    <div className={styles.loading} aria-busy="true" aria-label="The credentials are being loaded">
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
