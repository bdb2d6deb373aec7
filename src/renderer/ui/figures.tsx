import type { ReactNode } from 'react'
import styles from './figures.module.css'

interface FiguresProps {
  readonly label?: string
  readonly children: ReactNode
}

/** A row of numbers that weigh a decision, each with what it counts below it. */
export function Figures({ label, children }: FiguresProps) {
  return (
    <dl className={styles.figures} aria-label={label}>
      {children}
    </dl>
  )
}

interface FigureProps {
  readonly name: ReactNode
  /** Null where it is not known. */
  readonly value: number | null
}

export function Figure({ name, value }: FigureProps) {
  return (
    <div className={styles.figure}>
      <dt>{name}</dt>
      <dd>{value === null ? '?' : value.toLocaleString('en')}</dd>
    </div>
  )
}
