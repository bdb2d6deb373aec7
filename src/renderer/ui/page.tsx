import type { ReactNode } from 'react'
import styles from './page.module.css'

interface PageHeaderProps {
  readonly title: ReactNode
  readonly subtitle?: ReactNode
  readonly actions?: ReactNode
}

/** Title line of a screen. */
export function PageHeader({ title, subtitle, actions }: PageHeaderProps) {
  return (
    <header className={styles.header}>
      <div className={styles.heading}>
        <h1 className={styles.title}>{title}</h1>
        {subtitle !== undefined && <div className={styles.subtitle}>{subtitle}</div>}
      </div>
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </header>
  )
}

interface ListDetailProps {
  readonly children: ReactNode
  /** Null while nothing is chosen; the list then has all the room. */
  readonly detail: ReactNode | null
  readonly wide?: boolean
}

/** A list with room for details beside it. */
export function ListDetail({ children, detail, wide = false }: ListDetailProps) {
  const open = detail !== null
  return (
    <div className={styles.split} data-open={open} data-wide={wide}>
      <div className={styles.list}>{children}</div>
      {open && <div className={styles.detail}>{detail}</div>}
    </div>
  )
}
