import type { Tenant } from '#shared/contract/tenants.ts'
import type { DataColumn } from '../../../ui/data-table/data-column.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { StateMark, type Tone } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { limitsText } from '../limit-text.ts'
import type { TenantColumnId, TenantRow } from '../tenant-rows.ts'

export const TENANT_STATES: Readonly<Record<Tenant['state'], { word: string; tone: Tone }>> = {
  ready: { word: 'Ready', tone: 'ok' },
  pending: { word: 'Pending', tone: 'busy' },
  error: { word: 'Failed', tone: 'bad' },
  clearing: { word: 'Clearing', tone: 'warn' },
}

export const ISOLATION_WORDS = { account: 'Own account', shared: 'Shared account' } as const

const none = <span className="m-muted">–</span>

/** The columns of the tenants, in their order. */
export const TENANT_COLUMNS: readonly DataColumn<TenantRow, TenantColumnId>[] = [
  {
    id: 'state',
    orderBy: 'state',
    title: 'State',
    track: '6.75rem',
    from: 0,
    cell: ({ state, problem }) => (
      <span title={problem?.message}>
        <StateMark tone={TENANT_STATES[state].tone} word={TENANT_STATES[state].word} />
      </span>
    ),
  },
  {
    id: 'name',
    orderBy: 'name',
    title: 'Tenant',
    track: 'minmax(8rem, 1.6fr)',
    from: 0,
    cell: ({ name }) => <DeviceText text={name} className="m-strong" />,
  },
  {
    id: 'online',
    orderBy: 'online',
    title: 'Online',
    track: '6rem',
    from: 380,
    cell: ({ online, devices }) =>
      devices === 0 ? (
        none
      ) : (
        <span className="m-numbers">
          {online.toLocaleString('en')}
          <span className="m-muted"> / {devices.toLocaleString('en')}</span>
        </span>
      ),
  },
  {
    id: 'credentials',
    orderBy: 'credentials',
    title: 'Credentials',
    track: '6rem',
    from: 520,
    cell: ({ credentials, account }) =>
      account === null ? (
        none
      ) : (
        <span className="m-numbers">{credentials.toLocaleString('en')}</span>
      ),
  },
  {
    id: 'limits',
    orderBy: 'limits',
    title: 'Limits',
    track: 'minmax(8rem, 1.8fr)',
    from: 840,
    cell: ({ limits }) => {
      if (limits === null) return none
      const text = limitsText(limits)
      return (
        <span className={text === 'None' ? 'm-muted' : 'm-truncate'} title={text}>
          {text}
        </span>
      )
    },
  },
  {
    id: 'isolation',
    orderBy: 'isolation',
    title: 'Isolation',
    track: '8rem',
    from: 700,
    cell: ({ isolation, account }) => (account === null ? none : ISOLATION_WORDS[isolation]),
  },
  {
    id: 'readyAt',
    orderBy: 'readyAt',
    title: 'Provisioned',
    track: '7rem',
    from: 1_000,
    cell: ({ readyAt }) => <TimeText at={readyAt} />,
  },
  {
    id: 'changedAt',
    orderBy: 'changedAt',
    title: 'Last change',
    track: '7rem',
    from: 620,
    cell: ({ changedAt }) => <TimeText at={changedAt} />,
  },
]
