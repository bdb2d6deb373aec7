import type { ReactNode } from 'react'
import styles from './tag.module.css'

/** A short word in a box: one of several that stand in a row. */
export function Tag({ children }: { children: ReactNode }) {
  return <span className={styles.tag}>{children}</span>
}
