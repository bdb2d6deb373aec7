import { useMemo } from 'react'
import { DataTable, type DataTableProps } from './data-table.tsx'

type Passed = 'label' | 'columns' | 'order' | 'onOrder' | 'toneOf' | 'onEscape' | 'onDrawn'

interface ListTableProps<Row, Name extends string | number, By extends string> extends Pick<
  DataTableProps<Row, By>,
  Passed
> {
  /** All rows, in the order in which they are shown. */
  readonly rows: readonly Row[]
  /** What a row is known by. */
  readonly keyOf: (row: Row) => Name
  /** The newest state of a row, where the list is behind it. */
  readonly newest?: (row: Row) => Row
  /** The row that the keyboard stands on; null for none. */
  readonly active: Name | null
  /** Keys moved to that row. */
  readonly onActivate: (row: Row) => void
  readonly onOpen: (row: Row) => void
}

/** A list that is here as a whole, whose rows are known by a key. */
export function ListTable<Row, Name extends string | number, By extends string = never>(
  props: ListTableProps<Row, Name, By>,
) {
  const { rows, keyOf, newest, active, onActivate, onOpen, ...passed } = props
  const activeIndex = useMemo(
    () => (active === null ? -1 : rows.findIndex((row) => keyOf(row) === active)),
    [rows, keyOf, active],
  )
  const withRow = (index: number, then: (row: Row) => void) => {
    const row = rows[index]
    if (row !== undefined) then(row)
  }
  return (
    <DataTable
      {...passed}
      count={rows.length}
      rowAt={(index) => {
        const row = rows[index]
        return row === undefined || newest === undefined ? row : newest(row)
      }}
      keyAt={(index) => {
        const row = rows[index]
        return row === undefined ? index : keyOf(row)
      }}
      active={activeIndex}
      activeKey={active}
      onActivate={(index) => withRow(index, onActivate)}
      onOpen={(index) => withRow(index, onOpen)}
    />
  )
}
