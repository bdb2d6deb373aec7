import { useCallback } from 'react'
import type { ExpiringCredential } from '#shared/contract/renewal.ts'
import { useTimeText } from '../../../lib/time/use-now.ts'
import type { DataColumn } from '../../../ui/data-table/data-column.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { roleName, STATUS } from '../renewal-words.ts'
import styles from './expiry-columns.module.css'

const RENEWAL_WORDS = { 'under-way': 'Under way', 'file-waits': 'File not used yet' } as const

export const EXPIRY_COLUMNS: readonly DataColumn<ExpiringCredential, 'expiresAt'>[] = [
  {
    id: 'status',
    title: 'State',
    track: '5.75rem',
    from: 0,
    cell: ({ status }) => <StateMark {...STATUS[status]} />,
  },
  {
    id: 'name',
    title: 'Issued to',
    track: 'minmax(9rem, 2fr)',
    from: 0,
    cell: ({ deviceId, name }) => <DeviceText text={deviceId ?? name} className="m-strong" />,
  },
  {
    id: 'expiresAt',
    orderBy: 'expiresAt',
    title: 'Expires',
    track: '11rem',
    from: 0,
    cell: (credential) => <Life credential={credential} />,
  },
  {
    id: 'tenant',
    title: 'Tenant',
    track: 'minmax(6rem, 1fr)',
    from: 560,
    cell: ({ tenant }) =>
      tenant === null ? <span className="m-muted">–</span> : <DeviceText text={tenant} />,
  },
  {
    id: 'role',
    title: 'Role',
    track: '6rem',
    from: 780,
    cell: ({ role }) => roleName(role),
  },
  {
    id: 'online',
    title: 'Device',
    track: '6rem',
    from: 660,
    cell: ({ online }) =>
      online === null ? (
        <span className="m-muted">–</span>
      ) : (
        <StateMark tone={online ? 'ok' : 'off'} word={online ? 'Online' : 'Offline'} />
      ),
  },
  {
    id: 'renewal',
    title: 'Renewal',
    track: '8.5rem',
    from: 900,
    cell: ({ renewal }) =>
      renewal === null ? (
        <span className="m-muted">–</span>
      ) : (
        <StateMark tone={renewal === 'under-way' ? 'busy' : 'info'} word={RENEWAL_WORDS[renewal]} />
      ),
  },
  {
    id: 'key',
    title: 'Key',
    track: '11.5rem',
    from: 1_120,
    cell: ({ fingerprint, publicKey }) => (
      <span className="m-mono" title={publicKey}>
        {fingerprint}
      </span>
    ),
  },
]

/** How much of its life is over, and when it ends. */
function Life({ credential }: { credential: ExpiringCredential }) {
  const { issuedAt, expiresAt, status } = credential
  const begin = Date.parse(issuedAt)
  const whole = Math.max(1, Date.parse(expiresAt) - begin)
  const width = useCallback(
    (now: number) => `${Math.round(Math.min(1, Math.max(0, (now - begin) / whole)) * 100)}%`,
    [begin, whole],
  )
  return (
    <span className={styles.life}>
      <span className={styles.lifeBar} aria-hidden>
        <span data-status={status} style={{ width: useTimeText(width) }} />
      </span>
      <TimeText at={expiresAt} />
    </span>
  )
}
