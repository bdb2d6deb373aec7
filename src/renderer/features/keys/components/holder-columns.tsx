import type { DataColumn } from '../../../ui/data-table/data-column.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import type { HolderColumnId, HolderRow } from '../holder-rows.ts'
import { IDENTITY_WORDS, KIND_WORDS } from '../keys-words.ts'

const none = <span className="m-muted">–</span>

/** The columns of operator and accounts, in their order. */
export const HOLDER_COLUMNS: readonly DataColumn<HolderRow, HolderColumnId>[] = [
  {
    id: 'name',
    orderBy: 'name',
    title: 'Name',
    track: 'minmax(8rem, 1.6fr)',
    from: 0,
    cell: ({ name }) => <DeviceText text={name} className="m-strong" />,
  },
  {
    id: 'kind',
    orderBy: 'kind',
    title: 'Kind',
    track: 'minmax(8rem, 1fr)',
    from: 420,
    cell: ({ kind, tenants }) =>
      kind === 'shared' ? `Shared by ${tenants.length}` : KIND_WORDS[kind],
  },
  {
    id: 'since',
    orderBy: 'since',
    title: 'Signing key',
    track: '9rem',
    from: 0,
    cell: ({ since, signingKeys }) => {
      const plain = signingKeys.filter(({ role }) => role === null).length
      if (since === null) return <StateMark tone="bad" word="Missing" />
      return (
        <span>
          <TimeText at={since} />
          {plain > 1 && <span className="m-muted"> · {plain} keys</span>}
        </span>
      )
    },
  },
  {
    id: 'roles',
    orderBy: 'roles',
    title: 'Role keys',
    track: '5.5rem',
    from: 620,
    cell: ({ roles, kind }) =>
      roles === 0 || kind === 'operator' ? none : <span className="m-numbers">{roles}</span>,
  },
  {
    id: 'credentials',
    orderBy: 'credentials',
    title: 'Credentials',
    track: '6.5rem',
    from: 520,
    cell: ({ credentials, kind }) =>
      kind === 'operator' ? (
        none
      ) : (
        <span className="m-numbers">{credentials.toLocaleString()}</span>
      ),
  },
  {
    id: 'identity',
    orderBy: 'identity',
    title: 'Identity key',
    track: '9rem',
    from: 760,
    cell: ({ identity }) => <StateMark {...IDENTITY_WORDS[identity]} />,
  },
]
