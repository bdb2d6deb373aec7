import type { ReactNode } from 'react'
import { DeviceText } from '../../../ui/device-text.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import type { HolderColumnId, HolderRow } from '../holder-rows.ts'
import { IDENTITY_WORDS, KIND_WORDS } from '../keys-words.ts'
import styles from './holder-table.module.css'

export interface HolderColumn {
  readonly id: HolderColumnId
  readonly title: string
  /** Width as a track of the grid. */
  readonly track: string
  /** Narrowest list in px in which it is shown. */
  readonly from: number
  readonly cell: (row: HolderRow) => ReactNode
}

const none = <span className="m-muted">–</span>

/** The columns of operator and accounts, in their order. */
const COLUMNS: readonly HolderColumn[] = [
  {
    id: 'name',
    title: 'Name',
    track: 'minmax(8rem, 1.6fr)',
    from: 0,
    cell: ({ name }) => <DeviceText text={name} className="m-strong" />,
  },
  {
    id: 'kind',
    title: 'Kind',
    track: 'minmax(8rem, 1fr)',
    from: 420,
    cell: ({ kind, tenants }) =>
      kind === 'shared' ? `Shared by ${tenants.length}` : KIND_WORDS[kind],
  },
  {
    id: 'since',
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
    title: 'Role keys',
    track: '5.5rem',
    from: 620,
    cell: ({ roles, kind }) =>
      roles === 0 || kind === 'operator' ? none : <span className={styles.figure}>{roles}</span>,
  },
  {
    id: 'credentials',
    title: 'Credentials',
    track: '6.5rem',
    from: 520,
    cell: ({ credentials, kind }) =>
      kind === 'operator' ? (
        none
      ) : (
        <span className={styles.figure}>{credentials.toLocaleString()}</span>
      ),
  },
  {
    id: 'identity',
    title: 'Identity key',
    track: '9rem',
    from: 760,
    cell: ({ identity }) => <StateMark {...IDENTITY_WORDS[identity]} />,
  },
]

/** Those that have room in a list of that width. */
export function columnsFor(width: number): readonly HolderColumn[] {
  return COLUMNS.filter(({ from }) => from === 0 || width >= from)
}
