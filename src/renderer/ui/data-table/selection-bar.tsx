import type { ReactNode } from 'react'
import { Button } from '@mantine/core'
import styles from './selection-bar.module.css'
import type { Selection } from './use-selection.ts'

interface SelectionBarProps {
  readonly label: string
  readonly selection: Selection
  /** How many are ticked, in words. */
  readonly status: ReactNode
  /** What can be done with them. */
  readonly children: ReactNode
}

/** What is ticked in the list below, and what can be done with it. */
export function SelectionBar({ label, selection, status, children }: SelectionBarProps) {
  const isAny = selection.ids.size > 0
  return (
    <div className={styles.bar} data-any={isAny} role="toolbar" aria-label={label}>
      <span role="status" className={styles.status}>
        {status}
      </span>
      {isAny && (
        <Button size="xs" variant="default" onClick={() => selection.clear()}>
          Tick none
        </Button>
      )}
      {children}
    </div>
  )
}
