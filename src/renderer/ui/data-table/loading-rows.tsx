import { Skeleton } from '@mantine/core'
import styles from './data-table.module.css'

const ROWS = Array.from({ length: 12 }, (_, index) => index)

interface LoadingRowsProps {
  /** What is being waited for, as a sentence. */
  readonly label: string
  /** The tracks of the grid, about as those of the list that comes. */
  readonly template: string
  /** How wide what stands in each column is about to be. */
  readonly widths: readonly string[]
}

/** Rows that stand in until the first answer came. */
export function LoadingRows({ label, template, widths }: LoadingRowsProps) {
  return (
    <div className={styles.loading} aria-busy="true" aria-label={label}>
      {ROWS.map((row) => (
        <div key={row} className={styles.loadingRow} style={{ gridTemplateColumns: template }}>
          {widths.map((width, index) => (
            <Skeleton key={index} height={12} width={width} />
          ))}
        </div>
      ))}
    </div>
  )
}
