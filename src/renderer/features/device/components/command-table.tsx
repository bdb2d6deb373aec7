import { useState } from 'react'
import type { QueuedCommand } from '#shared/contract/queue.ts'
import type { DataColumn } from '../../../ui/data-table/data-column.ts'
import { ListTable } from '../../../ui/data-table/list-table.tsx'
import { HEAD_HEIGHT_PX, ROW_HEIGHT_PX } from '../../../ui/data-table/use-drawn-rows.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { attemptsText, COMMAND_STATES, isWaiting } from '../queue-words.ts'
import styles from './queue-tab.module.css'

/** A longer list scrolls. */
const MAX_ROWS_HIGH = 14

const COLUMNS: readonly DataColumn<QueuedCommand>[] = [
  {
    id: 'state',
    title: 'State',
    track: '9.5rem',
    from: 0,
    cell: ({ state }) => <StateMark {...COMMAND_STATES[state]} />,
  },
  {
    id: 'function',
    title: 'Function',
    track: 'minmax(7rem, 1fr)',
    from: 0,
    cell: ({ functionName }) => <DeviceText text={functionName} mono className="m-strong" />,
  },
  {
    id: 'params',
    title: 'Parameters',
    track: 'minmax(8rem, 1.4fr)',
    from: 760,
    cell: ({ params }) => (
      <DeviceText text={Object.keys(params).length === 0 ? '–' : JSON.stringify(params)} mono />
    ),
  },
  {
    id: 'attempts',
    title: 'Attempts',
    track: '4.5rem',
    from: 540,
    cell: (command) => <span className="m-numbers">{attemptsText(command)}</span>,
  },
  {
    id: 'by',
    title: 'Queued by',
    track: 'minmax(6rem, 9rem)',
    from: 860,
    cell: ({ by }) => <DeviceText text={by} />,
  },
  {
    id: 'age',
    title: 'Queued',
    track: '6rem',
    from: 0,
    cell: ({ enqueuedAt }) => <TimeText at={enqueuedAt} />,
  },
  {
    id: 'expires',
    title: 'Expires',
    track: '6rem',
    from: 620,
    cell: (command) =>
      isWaiting(command) ? <TimeText at={command.deadline} /> : <span className="m-muted">–</span>,
  },
]

const idOf = ({ id }: QueuedCommand) => id
const toneOf = ({ state }: QueuedCommand) => (state === 'dead' ? ('bad' as const) : undefined)

interface CommandTableProps {
  readonly commands: readonly QueuedCommand[]
  readonly open: string | null
  readonly onOpen: (id: string | null) => void
}

/** Queued commands of one device, the newest first. */
export function CommandTable({ commands, open, onOpen }: CommandTableProps) {
  const [active, setActive] = useState<string | null>(null)
  const rows = Math.min(commands.length, MAX_ROWS_HIGH)
  return (
    <div className={styles.table} style={{ height: HEAD_HEIGHT_PX + rows * ROW_HEIGHT_PX + 1 }}>
      <ListTable
        label="Queued commands"
        columns={COLUMNS}
        rows={commands}
        keyOf={idOf}
        toneOf={toneOf}
        active={open ?? active}
        onActivate={({ id }) => setActive(id)}
        onOpen={({ id }) => onOpen(id)}
        onEscape={() => setActive(null)}
      />
    </div>
  )
}
