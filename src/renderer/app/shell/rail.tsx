import { Tooltip } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import {
  IconHistory,
  IconId,
  IconKey,
  IconPackageExport,
  IconRadar2,
  IconServer2,
  IconSettings,
  IconStack2,
  type TablerIcon,
} from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useApi } from '../../lib/connection/api-context.ts'
import { useUnfinishedCount } from '../../lib/live/procedures.ts'
import { useToRenewCount } from '../../lib/live/renewals.ts'
import { isWaiting, useDiscovery } from '../../lib/live/discovery.ts'
import { Logo } from '../../ui/logo.tsx'
import styles from './shell.module.css'

interface Place {
  readonly to:
    | '/commission'
    | '/fleet'
    | '/tenants'
    | '/credentials'
    | '/bundles'
    | '/keys'
    | '/audit'
    | '/settings'
  readonly name: string
  readonly icon: TablerIcon
}

/** Screens that exist; later ones are added when they do. */
export const PLACES: readonly Place[] = [
  { to: '/commission', name: 'Commission', icon: IconRadar2 },
  { to: '/fleet', name: 'Fleet', icon: IconServer2 },
  { to: '/tenants', name: 'Tenants', icon: IconStack2 },
  { to: '/credentials', name: 'Credentials', icon: IconId },
  { to: '/bundles', name: 'Bundles', icon: IconPackageExport },
  { to: '/keys', name: 'Keys', icon: IconKey },
  { to: '/audit', name: 'Audit', icon: IconHistory },
  { to: '/settings', name: 'Settings', icon: IconSettings },
]

/** The way between the screens, at the left edge. */
export function Rail() {
  const { queries } = useApi()
  const waiting = useWaitingCount()
  const counts: Partial<Record<Place['to'], number>> = {
    '/commission': waiting,
    '/credentials': useToRenewCount(),
    '/keys': useUnfinishedCount(),
  }
  const { data: info } = useQuery(queries.app.info.queryOptions({ staleTime: Infinity }))
  // As in shell.module.css: only icons are shown there, so their names come on hover.
  const narrow = useMediaQuery('(max-width: 64rem)') ?? false
  return (
    <nav className={styles.rail} aria-label="Screens">
      <div className={styles.brand}>
        <Logo size={24} />
        <span className={styles.brandText}>Muster</span>
      </div>
      <ul className={styles.nav}>
        {PLACES.map(({ to, name, icon: Icon }) => {
          const count = counts[to] ?? 0
          return (
            <li key={to}>
              <Tooltip label={name} position="right" disabled={!narrow}>
                <Link to={to} className={styles.link} aria-label={labelOf(to, name, count)}>
                  <Icon size={18} stroke={1.75} aria-hidden />
                  <span className={styles.linkText}>{name}</span>
                  {count > 0 && (
                    <span className={styles.count} aria-hidden>
                      {count > 999 ? '999+' : count}
                    </span>
                  )}
                </Link>
              </Tooltip>
            </li>
          )
        })}
      </ul>
      {info !== undefined && <div className={styles.foot}>Version {info.version}</div>}
    </nav>
  )
}

/** What is counted beside the name, where it is not what waits. */
const COUNTED: Partial<Record<Place['to'], string>> = {
  '/credentials': 'to renew',
  '/keys': 'unfinished',
}

function labelOf(to: Place['to'], name: string, count: number): string {
  if (count === 0) return name
  return `${name}, ${count} ${COUNTED[to] ?? 'waiting'}`
}

function useWaitingCount(): number {
  const discovery = useDiscovery()
  if (discovery === undefined) return 0
  let count = 0
  for (const device of discovery.devices.values()) if (isWaiting(device)) count += 1
  return count
}
