import { Checkbox } from '@mantine/core'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import styles from './data-table.module.css'
import type { DataTableModel } from './use-data-table.ts'
import type { Selection } from './use-selection.ts'

interface DataHeadProps {
  readonly table: DataTableModel
  readonly template: string
  /** What the column of boxes shows; null without one. */
  readonly ticks: TickAllProps | null
}

/** The titles of the columns, which order the table. */
export function DataHead({ table, template, ticks }: DataHeadProps) {
  return (
    <div
      className={styles.head}
      role="row"
      aria-rowindex={1}
      style={{ gridTemplateColumns: template }}
    >
      {ticks !== null && (
        <span role="columnheader" className={styles.tick}>
          <TickAll {...ticks} />
        </span>
      )}
      {table.getHeaderGroups()[0]?.headers.map((header) => {
        const { column } = header
        const sorted = column.getIsSorted()
        const unsorted = column.getCanSort() ? 'none' : undefined
        return (
          <span
            key={header.id}
            role="columnheader"
            aria-sort={sorted === false ? unsorted : ARIA_SORT[sorted]}
          >
            {column.getCanSort() ? (
              <button
                type="button"
                className={styles.sort}
                data-sorted={sorted !== false}
                onClick={column.getToggleSortingHandler()}
              >
                <table.FlexRender header={header} />
                {sorted === 'asc' && <IconArrowUp size={13} aria-hidden />}
                {sorted === 'desc' && <IconArrowDown size={13} aria-hidden />}
              </button>
            ) : (
              <span className={styles.title}>
                <table.FlexRender header={header} />
              </span>
            )}
          </span>
        )
      })}
    </div>
  )
}

const ARIA_SORT = { asc: 'ascending', desc: 'descending' } as const

interface TickAllProps {
  readonly selection: Selection
  readonly total: number
  readonly onAll: (() => void) | undefined
}

function TickAll({ selection, total, onAll }: TickAllProps) {
  const ticked = selection.ids.size
  if (onAll === undefined) return <span className="m-hidden">Ticked</span>
  return (
    <Checkbox
      size="xs"
      aria-label={ticked === 0 ? 'Tick all that are shown' : 'Tick none'}
      checked={ticked > 0 && ticked >= total}
      indeterminate={ticked > 0 && ticked < total}
      onChange={() => (ticked === 0 ? onAll() : selection.clear())}
    />
  )
}
