import type { ReactNode } from 'react'
import { HealthNotices } from '../../features/health/components/health-notices.tsx'
import { CommandPalette } from './command-palette.tsx'
import { Rail } from './rail.tsx'
import styles from './shell.module.css'
import { TopBar } from './top-bar.tsx'

const SCREEN_ID = 'screen'

// Not a link to `#screen`: what stands behind the hash is the router's.
function focusScreen(): void {
  document.querySelector<HTMLElement>(`#${SCREEN_ID}`)?.focus()
}

/** The frame around every screen: rail, top bar, notices, command palette. */
export function Shell({ children }: { children: ReactNode }) {
  return (
    <div className={styles.shell}>
      <button type="button" className={styles.skip} onClick={focusScreen}>
        Skip to content
      </button>
      <Rail />
      <TopBar />
      <main className={styles.screen} id={SCREEN_ID} tabIndex={-1}>
        {children}
      </main>
      <HealthNotices />
      <CommandPalette />
    </div>
  )
}
