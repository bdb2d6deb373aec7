import type { ReactNode } from 'react'
import styles from './bundles.module.css'

/** One of the steps that stand below each other on a page. */
export function Step({
  number,
  title,
  children,
}: {
  number: number
  title: string
  children: ReactNode
}) {
  return (
    <section className={styles.step} aria-label={title}>
      <span className={styles.number} aria-hidden>
        {number}
      </span>
      <h2 className={styles.stepTitle}>{title}</h2>
      <div className={styles.stepBody}>{children}</div>
    </section>
  )
}
