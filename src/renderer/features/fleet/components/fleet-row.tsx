import { memo } from 'react'
import type { FleetDevice } from '#shared/contract/fleet.ts'
import type { FleetColumn } from './fleet-columns.tsx'
import styles from './fleet-table.module.css'

interface FleetRowProps {
  readonly index: number
  /** Distance from the first row in px. */
  readonly top: number
  readonly template: string
  readonly columns: readonly FleetColumn[]
  readonly device: FleetDevice
  readonly isActive: boolean
}

/** A device in the table; drawn again only when something about it changes. */
export const FleetRow = memo(function FleetRow(props: FleetRowProps) {
  const { index, top, template, columns, device, isActive } = props
  return (
    // oxlint-disable-next-line jsx-a11y/interactive-supports-focus -- the grid has the focus and the keys
    <div
      id={rowId(index)}
      data-row={index}
      className={styles.row}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isActive}
      style={{ transform: `translateY(${top}px)`, gridTemplateColumns: template }}
    >
      {columns.map(({ id, cell }) => (
        <span key={id} role="gridcell" className={styles.cell}>
          {cell(device)}
        </span>
      ))}
    </div>
  )
})

/** Names a row for `aria-activedescendant`. */
export function rowId(index: number): string {
  return `fleet-row-${index}`
}

/** The index of the row that something in it belongs to; null outside of rows. */
export function rowIndexOf(target: EventTarget): number | null {
  if (!(target instanceof Element)) return null
  const row = target.closest<HTMLElement>('[data-row]')?.dataset['row']
  return row === undefined ? null : Number(row)
}
