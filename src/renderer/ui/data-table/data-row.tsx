import { memo } from 'react'
import { Checkbox, Skeleton } from '@mantine/core'
import type { DataColumn } from './data-column.ts'
import styles from './data-table.module.css'

/** Stands for the column of boxes where columns are told apart by their id. */
export const TICK_COLUMN = 'tick'

interface DataRowProps<Row> {
  /** Names it for `aria-activedescendant`. */
  readonly id: string
  readonly index: number
  /** Distance from the first row in px. */
  readonly top: number
  readonly template: string
  readonly columns: readonly Pick<DataColumn<Row>, 'id' | 'cell'>[]
  /** Undefined until it came. */
  readonly row: Row | undefined
  readonly tone: 'bad' | undefined
  readonly isActive: boolean
  /** Null in lists without boxes. */
  readonly isTicked: boolean | null
  /** What its box ticks. */
  readonly tickName: string | undefined
}

function PlainDataRow<Row>(props: DataRowProps<Row>) {
  const { id, index, top, template, columns, row, tone, isActive, isTicked } = props
  return (
    <div
      id={id}
      data-row={index}
      data-tone={tone}
      data-ticked={isTicked ?? undefined}
      data-loading={row === undefined}
      className={styles.row}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isActive}
      style={{ transform: `translateY(${top}px)`, gridTemplateColumns: template }}
    >
      {isTicked !== null && (
        <span role="gridcell" className={styles.tick} data-column={TICK_COLUMN}>
          <Checkbox
            size="xs"
            tabIndex={-1}
            checked={isTicked}
            readOnly
            aria-label={`Tick ${props.tickName ?? 'this row'}`}
          />
        </span>
      )}
      {columns.map((column) => (
        <span key={column.id} role="gridcell" className={styles.cell} data-column={column.id}>
          {row === undefined ? <Skeleton height={10} width="60%" /> : column.cell(row)}
        </span>
      ))}
    </div>
  )
}

/** A row of the table; drawn again only when something about it changes. */
export const DataRow = memo(PlainDataRow) as typeof PlainDataRow

/** The index of the row and the id of the column that something stands in; null outside of rows. */
export function placeOf(target: EventTarget): { index: number; column: string | null } | null {
  if (!(target instanceof Element)) return null
  const row = target.closest<HTMLElement>('[data-row]')?.dataset['row']
  if (row === undefined) return null
  const column = target.closest<HTMLElement>('[data-column]')?.dataset['column'] ?? null
  return { index: Number(row), column }
}
