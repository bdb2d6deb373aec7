import type { ReactNode } from 'react'
import { Link, type LinkProps } from '@tanstack/react-router'
import { PageHeader } from './page.tsx'
import styles from './screen-tabs.module.css'

export interface ScreenTab {
  readonly to: NonNullable<LinkProps['to']>
  readonly name: string
  /** What waits for the person there; nothing is shown for 0. */
  readonly count?: number
}

interface TabbedScreenProps {
  readonly title: string
  readonly subtitle?: ReactNode
  readonly actions?: ReactNode
  readonly tabs: readonly ScreenTab[]
  /** The page of the chosen tab; it has the height that is left and scrolls by itself. */
  readonly children: ReactNode
}

/** A screen with several pages, each with an address of its own. */
export function TabbedScreen({ title, subtitle, actions, tabs, children }: TabbedScreenProps) {
  return (
    <div className={styles.screen}>
      <PageHeader title={title} subtitle={subtitle} actions={actions} />
      <ScreenTabs label={`${title} pages`} tabs={tabs} />
      <div className={styles.page}>{children}</div>
    </div>
  )
}

/** Links to the pages of a screen, the one that is shown marked. */
function ScreenTabs({ label, tabs }: { label: string; tabs: readonly ScreenTab[] }) {
  return (
    <nav className={styles.tabs} aria-label={label}>
      <ul className={styles.list}>
        {tabs.map(({ to, name, count = 0 }) => (
          <li key={to}>
            <Link
              to={to}
              className={styles.tab}
              activeOptions={{ exact: true, includeSearch: false }}
            >
              {name}
              {count > 0 && <span className={styles.count}>{count > 999 ? '999+' : count}</span>}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
