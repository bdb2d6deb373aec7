import type { ReactNode } from 'react'
import styles from './setting-row.module.css'

interface SettingGroupProps {
  readonly title: string
  /** A button beside the heading. */
  readonly aside?: ReactNode
  readonly children: ReactNode
}

/** A group of settings under a heading. */
export function SettingGroup({ title, aside, children }: SettingGroupProps) {
  return (
    <section className={styles.group} aria-label={title}>
      <div className={styles.head}>
        <h2>{title}</h2>
        {aside}
      </div>
      <div className={styles.rows}>{children}</div>
    </section>
  )
}

interface SettingRowProps {
  readonly name: ReactNode
  readonly help?: ReactNode
  readonly children?: ReactNode
  /** Takes the whole width below name and help. */
  readonly below?: ReactNode
}

/** A setting: what it is at the left, what to do with it at the right. */
export function SettingRow({ name, help, children, below }: SettingRowProps) {
  return (
    <div className={styles.row}>
      <div className={styles.label}>
        <div className={styles.name}>{name}</div>
        {help !== undefined && <div className={styles.help}>{help}</div>}
      </div>
      {children !== undefined && <div className={styles.control}>{children}</div>}
      {below !== undefined && <div className={styles.wide}>{below}</div>}
    </div>
  )
}
