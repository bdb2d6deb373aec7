import { useCallback } from 'react'
import type { AuditBreak, AuditLine } from '#shared/contract/audit.ts'
import type { DataColumn } from '../../../ui/data-table/data-column.ts'
import { ListTable } from '../../../ui/data-table/list-table.tsx'
import { LoadingRows } from '../../../ui/data-table/loading-rows.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { actionName, resultMark, shortKey } from '../audit-words.ts'

/** So many rows before the last one is seen, the next page is asked for. */
const ROWS_AHEAD = 40

interface AuditTableProps {
  /** Newest first. */
  readonly lines: readonly AuditLine[]
  readonly breaks: readonly AuditBreak[]
  readonly selected: number | null
  readonly onSelect: (seq: number | null) => void
  readonly hasMore: boolean
  readonly onMore: () => void
}

/** The entries as a table, loaded only where they are seen. */
export function AuditTable(props: AuditTableProps) {
  const { lines, breaks, selected, onSelect, hasMore, onMore } = props
  const onDrawn = useCallback(
    (_first: number, last: number) => {
      if (hasMore && last >= lines.length - ROWS_AHEAD) onMore()
    },
    [hasMore, lines.length, onMore],
  )
  const select = ({ seq }: AuditLine) => onSelect(seq)
  return (
    <ListTable
      label="Entries of the audit log"
      columns={COLUMNS}
      rows={lines}
      keyOf={numberOf}
      toneOf={(line) => (isBroken(line, breaks) ? 'bad' : undefined)}
      active={selected}
      onActivate={select}
      onOpen={select}
      onEscape={() => onSelect(null)}
      onDrawn={onDrawn}
    />
  )
}

const COLUMNS: readonly DataColumn<AuditLine>[] = [
  {
    id: 'at',
    title: 'Time',
    track: '6rem',
    from: 0,
    cell: ({ at }) => <TimeText at={at} />,
  },
  {
    id: 'action',
    title: 'Action',
    track: 'minmax(8rem, 1fr)',
    from: 0,
    cell: ({ action }) => <span className="m-strong">{actionName(action)}</span>,
  },
  {
    id: 'subject',
    title: 'Subject',
    track: 'minmax(7rem, 1.4fr)',
    from: 0,
    cell: ({ subject }) => (
      <bdi className="m-truncate" title={subject}>
        {subject}
      </bdi>
    ),
  },
  {
    id: 'reason',
    title: 'Reason',
    track: 'minmax(9rem, 2fr)',
    from: 900,
    cell: ({ reason }) => (
      <bdi className="m-truncate" title={reason}>
        {reason}
      </bdi>
    ),
  },
  {
    id: 'key',
    title: 'Key',
    track: '8.5rem',
    from: 620,
    cell: ({ key }) =>
      key === null ? null : (
        <span className="m-mono" title={key}>
          {shortKey(key)}
        </span>
      ),
  },
  {
    id: 'result',
    title: 'Result',
    track: '6.5rem',
    from: 0,
    cell: (line) => <StateMark {...resultMark(line)} />,
  },
]

function numberOf({ seq }: AuditLine): number {
  return seq
}

function isBroken({ seq }: AuditLine, breaks: readonly AuditBreak[]): boolean {
  return breaks.some(
    (found) => found.kind !== 'unanchored' && seq >= found.seq && seq <= found.last,
  )
}

export function LoadingEntries() {
  return (
    <LoadingRows
      label="The log is being loaded"
      template="6rem 1fr 2fr 8.5rem 6.5rem"
      widths={['4rem', '8rem', '12rem', '7rem', '4rem']}
    />
  )
}
