import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import type { FleetTableModel } from '../hooks/use-fleet-table.ts'
import styles from './fleet-table.module.css'

/** The titles of the columns, which order the table. */
export function FleetHead({ table, template }: { table: FleetTableModel; template: string }) {
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
          <span key={header.id} role="columnheader" aria-sort={ariaSort(sorted)}>
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

function ariaSort(sorted: false | 'asc' | 'desc'): 'none' | 'ascending' | 'descending' {
  if (sorted === false) return 'none'
  return sorted === 'asc' ? 'ascending' : 'descending'
}
