import type { Credential, CredentialOrder } from '#shared/contract/credentials.ts'
import type { DataColumn } from '../../../ui/data-table/data-column.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { deliveryName, roleName, STATES } from '../credential-words.ts'

export const CREDENTIAL_COLUMNS: readonly DataColumn<Credential, CredentialOrder['by']>[] = [
  {
    id: 'state',
    title: 'State',
    orderBy: 'state',
    track: '6.5rem',
    from: 0,
    cell: ({ state }) => <StateMark {...STATES[state]} />,
  },
  {
    id: 'name',
    title: 'Issued to',
    orderBy: 'name',
    track: 'minmax(9rem, 2fr)',
    from: 0,
    cell: ({ name }) => <DeviceText text={name} className="m-strong" />,
  },
  {
    id: 'key',
    title: 'Key',
    track: '11.5rem',
    from: 900,
    cell: ({ fingerprint, publicKey }) => (
      <span className="m-mono" title={publicKey}>
        {fingerprint}
      </span>
    ),
  },
  {
    id: 'tenant',
    title: 'Tenant',
    orderBy: 'tenant',
    track: 'minmax(6rem, 1fr)',
    from: 620,
    cell: ({ tenant }) =>
      tenant === null ? <span className="m-muted">–</span> : <DeviceText text={tenant} />,
  },
  {
    id: 'role',
    title: 'Role',
    orderBy: 'role',
    track: '7rem',
    from: 540,
    cell: ({ role }) => roleName(role),
  },
  {
    id: 'delivery',
    title: 'Delivered by',
    track: '8rem',
    from: 1_080,
    cell: ({ delivery }) => deliveryName(delivery),
  },
  {
    id: 'issuedAt',
    title: 'Issued',
    orderBy: 'issuedAt',
    track: '6.5rem',
    from: 760,
    cell: ({ issuedAt }) => <TimeText at={issuedAt} />,
  },
  {
    id: 'expiresAt',
    title: 'Expires',
    orderBy: 'expiresAt',
    track: '6.5rem',
    from: 360,
    cell: ({ expiresAt }) => <TimeText at={expiresAt} />,
  },
]
