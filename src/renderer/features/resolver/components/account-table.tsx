import { useMemo } from 'react'
import type { ResolverAccount, ResolverServer } from '#shared/contract/resolver.ts'
import type { DataColumn } from '../../../ui/data-table/data-column.ts'
import { ListTable } from '../../../ui/data-table/list-table.tsx'
import { DeviceText } from '../../../ui/device-text.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { shortened, STANDINGS } from '../resolver-words.ts'
import styles from './resolver.module.css'

/** Below this width the servers are told in the details only. */
const WITH_SERVERS_PX = 760
/** More servers than these do not fit beside each other. */
const MAX_SERVER_COLUMNS = 4

interface AccountTableProps {
  readonly accounts: readonly ResolverAccount[]
  readonly servers: readonly ResolverServer[]
  readonly selected: string | null
  readonly onSelect: (publicKey: string | null) => void
}

/** Every account with how it stands on each server. */
export function AccountTable({ accounts, servers, selected, onSelect }: AccountTableProps) {
  const columns = useMemo(() => columnsOf(servers), [servers])
  const select = ({ publicKey }: ResolverAccount) => onSelect(publicKey)
  return (
    <ListTable
      label="Accounts on the servers"
      columns={columns}
      rows={accounts}
      keyOf={keyOfAccount}
      active={selected}
      onActivate={select}
      onOpen={select}
      onEscape={() => onSelect(null)}
    />
  )
}

function keyOfAccount({ publicKey }: ResolverAccount): string {
  return publicKey
}

type Column = DataColumn<ResolverAccount>

const NAME: Column = {
  id: 'name',
  title: 'Account',
  track: 'minmax(8rem, 1.2fr)',
  from: 0,
  cell: ({ name }) => (
    <span className={styles.strong}>
      <DeviceText text={name} />
    </span>
  ),
}

const KEY: Column = {
  id: 'key',
  title: 'Key',
  track: 'minmax(8rem, 10rem)',
  from: 0,
  cell: ({ publicKey }) => <span className="m-mono">{shortened(publicKey)}</span>,
}

const STANDING: Column = {
  id: 'standing',
  title: 'On the servers',
  track: 'minmax(9rem, 1fr)',
  from: 0,
  cell: ({ standing }) => <StateMark {...STANDINGS[standing]} />,
}

function columnsOf(servers: readonly ResolverServer[]): readonly Column[] {
  if (servers.length < 2 || servers.length > MAX_SERVER_COLUMNS) return [NAME, KEY, STANDING]
  return [
    NAME,
    KEY,
    ...servers.map(({ id, name }): Column => ({
      id,
      title: name,
      track: 'minmax(7rem, 1fr)',
      from: WITH_SERVERS_PX,
      cell: (account) => <OnServer account={account} serverId={id} />,
    })),
    { ...STANDING, below: WITH_SERVERS_PX },
  ]
}

function OnServer({ account, serverId }: { account: ResolverAccount; serverId: string }) {
  const found = account.servers.find((one) => one.serverId === serverId)
  if (found === undefined) return <span className="m-muted">No answer</span>
  return <StateMark {...STANDINGS[found.standing]} />
}
