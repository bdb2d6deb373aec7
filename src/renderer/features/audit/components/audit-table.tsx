import { useEffect, useRef, type KeyboardEvent } from 'react'
import { Skeleton } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { useVirtualizer } from '@tanstack/react-virtual'
import type { AuditBreak, AuditLine } from '#shared/contract/audit.ts'
import { StateMark } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { actionName, resultMark, shortKey } from '../audit-words.ts'
import { rowAfterKey } from '../../../ui/row-keys.ts'
import styles from './audit-table.module.css'

const ROW_HEIGHT_PX = 36
const HEAD_HEIGHT_PX = 32
const OVERSCAN_ROWS = 10
/** So many rows before the last one is seen, the next page is asked for. */
const ROWS_AHEAD = 40

/** Below this width the reason stands in the details only, and below the next the key as well. */
const WITH_REASON_PX = 900
const WITH_KEY_PX = 620

interface AuditTableProps {
  /** Newest first. */
  readonly lines: readonly AuditLine[]
  readonly breaks: readonly AuditBreak[]
  readonly selected: number | null
  readonly onSelect: (seq: number | null) => void
  readonly hasMore: boolean
  readonly onMore: () => void
}

interface Column {
  readonly title: string
  readonly track: string
  readonly cell: (line: AuditLine) => React.ReactNode
}

/** The entries as a table: dense, driven by keyboard, drawn and loaded only where they are seen. */
export function AuditTable(props: AuditTableProps) {
  const { lines, breaks, selected, onSelect, hasMore, onMore } = props
  const { ref: sizeRef, width } = useElementSize()
  const columns = columnsFor(width)
  const template = columns.map(({ track }) => track).join(' ')
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT_PX,
    overscan: OVERSCAN_ROWS,
    scrollMargin: HEAD_HEIGHT_PX,
    scrollPaddingStart: HEAD_HEIGHT_PX,
  })
  const items = virtual.getVirtualItems()
  const active = lines.findIndex(({ seq }) => seq === selected)
  useEffect(() => {
    if (active >= 0) virtual.scrollToIndex(active, { align: 'auto' })
    // Only when the choice moves, not each time the list grows.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [selected])
  const lastSeen = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (hasMore && lastSeen >= lines.length - ROWS_AHEAD) onMore()
  }, [hasMore, lastSeen, lines.length, onMore])

  const select = (index: number | null) => {
    const line = index === null ? undefined : lines[index]
    if (line !== undefined) onSelect(line.seq)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') return onSelect(null)
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHT_PX) - 2)
    const target = rowAfterKey(event.key, active, lines.length, page)
    if (target === null) return
    select(target)
    event.preventDefault()
  }
  return (
    <div className={styles.table} ref={sizeRef}>
      <div
        ref={scroller}
        className={styles.scroller}
        role="grid"
        aria-label="Entries of the audit log"
        aria-rowcount={lines.length + 1}
        aria-colcount={columns.length}
        aria-activedescendant={
          items.some(({ index }) => index === active) ? `audit-row-${active}` : undefined
        }
        tabIndex={0}
        onKeyDown={onKeyDown}
        onClick={(event) => select(rowIndexOf(event.target))}
      >
        <div
          className={styles.head}
          role="row"
          aria-rowindex={1}
          style={{ gridTemplateColumns: template }}
        >
          {columns.map(({ title }) => (
            <span key={title} role="columnheader">
              {title}
            </span>
          ))}
        </div>
        <div className={styles.body} role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index, start }) => {
            const line = lines[index]
            if (line === undefined) return null
            return (
              // oxlint-disable-next-line jsx-a11y/interactive-supports-focus -- the grid has the focus and the keys
              <div
                key={line.seq}
                id={`audit-row-${index}`}
                data-row={index}
                data-broken={isBroken(line, breaks)}
                className={styles.row}
                role="row"
                aria-rowindex={index + 2}
                aria-selected={index === active}
                style={{
                  transform: `translateY(${start - HEAD_HEIGHT_PX}px)`,
                  gridTemplateColumns: template,
                }}
              >
                {columns.map(({ title, cell }) => (
                  <span key={title} role="gridcell" className={styles.cell}>
                    {cell(line)}
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

function columnsFor(width: number): readonly Column[] {
  const columns: Column[] = [
    { title: 'Time', track: '6rem', cell: ({ at }) => <TimeText at={at} /> },
    {
      title: 'Action',
      track: 'minmax(8rem, 1fr)',
      cell: ({ action }) => <span className="m-strong">{actionName(action)}</span>,
    },
    {
      title: 'Subject',
      track: 'minmax(7rem, 1.4fr)',
      cell: ({ subject }) => (
        <bdi className="m-truncate" title={subject}>
          {subject}
        </bdi>
      ),
    },
  ]
  if (width >= WITH_REASON_PX) {
    columns.push({
      title: 'Reason',
      track: 'minmax(9rem, 2fr)',
      cell: ({ reason }) => (
        <bdi className="m-truncate" title={reason}>
          {reason}
        </bdi>
      ),
    })
  }
  if (width >= WITH_KEY_PX) {
    columns.push({
      title: 'Key',
      track: '8.5rem',
      cell: ({ key }) =>
        key === null ? null : (
          <span className="m-mono" title={key}>
            {shortKey(key)}
          </span>
        ),
    })
  }
  columns.push({
    title: 'Result',
    track: '6.5rem',
    cell: (line) => <StateMark {...resultMark(line)} />,
  })
  return columns
}

function isBroken({ seq }: AuditLine, breaks: readonly AuditBreak[]): boolean {
  return breaks.some(
    (found) => found.kind !== 'unanchored' && seq >= found.seq && seq <= found.last,
  )
}

function rowIndexOf(target: EventTarget): number | null {
  if (!(target instanceof Element)) return null
  const row = target.closest<HTMLElement>('[data-row]')?.dataset['row']
  return row === undefined ? null : Number(row)
}

const LOADING_ROWS = Array.from({ length: 12 }, (_, index) => index)
const LOADING_CELLS = ['4rem', '8rem', '12rem', '7rem', '4rem']

export function LoadingEntries() {
  return (
    <div className={styles.loading} aria-busy="true" aria-label="The log is being loaded">
      {LOADING_ROWS.map((row) => (
        <div key={row} className={styles.loadingRow}>
          {LOADING_CELLS.map((width, index) => (
            <Skeleton key={index} height={12} width={width} />
          ))}
        </div>
      ))}
    </div>
  )
}
