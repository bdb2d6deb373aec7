import { Tooltip } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { HealthButton } from '../../features/health/components/health-button.tsx'
import { useApi } from '../../lib/connection/api-context.ts'
import { openPalette } from './command-palette.tsx'
import { MeshPill } from './mesh-pill.tsx'
import styles from './shell.module.css'
import { TenantSwitcher } from './tenant-switcher.tsx'

const IS_MAC = navigator.userAgent.includes('Mac')

/** Where the person is and how things are: mesh, tenant, search, health. */
export function TopBar() {
  const { queries } = useApi()
  const { data: info } = useQuery(queries.app.info.queryOptions({ staleTime: Infinity }))
  return (
    <header className={styles.bar}>
      <MeshPill />
      <span className={styles.barDivider} aria-hidden />
      <TenantSwitcher />
      <span className={styles.barSpace} />
      {info?.demo === true && (
        <Tooltip label="Keys and secrets are kept in memory only and are gone when Muster ends.">
          <span className={styles.demo}>Demo</span>
        </Tooltip>
      )}
      <button
        type="button"
        className={styles.search}
        onClick={openPalette}
        aria-label="Search devices, screens and actions"
        aria-keyshortcuts="Control+K Meta+K"
      >
        <IconSearch size={16} stroke={1.75} aria-hidden />
        <span className={`m-truncate ${styles.searchText ?? ''}`}>Search or jump to…</span>
        <kbd className={styles.keys}>{IS_MAC ? '⌘ K' : 'Ctrl K'}</kbd>
      </button>
      <HealthButton className={styles.barButton ?? ''} />
    </header>
  )
}
