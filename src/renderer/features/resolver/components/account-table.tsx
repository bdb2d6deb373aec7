import { useEffect, useRef, type KeyboardEvent } from 'react'
import { useElementSize } from '@mantine/hooks'
import { useVirtualizer } from '@tanstack/react-virtual'
import type { ResolverAccount, ResolverServer } from '#shared/contract/resolver.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { rowAfterKey } from '../../../ui/row-keys.ts'
import { StateMark } from '../../../ui/state-mark.tsx'
import { shortened, STANDINGS } from '../resolver-words.ts'
import styles from './resolver.module.css'

const ROW_HEIGHT_PX = 36
const HEAD_HEIGHT_PX = 32
const OVERSCAN_ROWS = 10
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

/** Every account with how it stands on each server; driven by keyboard, drawn where it is seen. */
export function AccountTable({ accounts, servers, selected, onSelect }: AccountTableProps) {
  const { ref: sizeRef, width } = useElementSize()
  const columns = columnsFor(width, servers)
  const template = columns.map(({ track }) => track).join(' ')
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: accounts.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT_PX,
    overscan: OVERSCAN_ROWS,
    scrollMargin: HEAD_HEIGHT_PX,
    scrollPaddingStart: HEAD_HEIGHT_PX,
  })
  const items = virtual.getVirtualItems()
  const active = accounts.findIndex(({ publicKey }) => publicKey === selected)
  useEffect(() => {
    if (active >= 0) virtual.scrollToIndex(active, { align: 'auto' })
    // Only when the choice moves.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [selected])
  const select = (index: number) => {
    const account = accounts[index]
    if (account !== undefined) onSelect(account.publicKey)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') return onSelect(null)
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_HEIGHT_PX) - 2)
    const target = rowAfterKey(event.key, active, accounts.length, page)
    if (target === null) return
    select(target)
    event.preventDefault()
  }
  return (
    <div className={styles.table} ref={sizeRef}>
      <div
        ref={scroller}
        className={styles.scroller}
        role="grid"
        aria-label="Accounts on the servers"
        aria-rowcount={accounts.length + 1}
        aria-colcount={columns.length}
        aria-activedescendant={
          items.some(({ index }) => index === active) ? `resolver-row-${active}` : undefined
        }
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <div
          className={styles.head}
          role="row"
          aria-rowindex={1}
          style={{ gridTemplateColumns: template }}
        >
          {columns.map(({ id, title }) => (
            <span key={id} role="columnheader" className={styles.cell}>
              {title}
            </span>
          ))}
        </div>
        <div className={styles.body} role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index, start }) => {
            const account = accounts[index]
            if (account === undefined) return null
            return (
              // oxlint-disable-next-line jsx-a11y/interactive-supports-focus, jsx-a11y/click-events-have-key-events -- the grid has the focus and the keys
              <div
                key={account.publicKey}
                id={`resolver-row-${index}`}
                className={styles.row}
                role="row"
                aria-rowindex={index + 2}
                aria-selected={index === active}
                onClick={() => select(index)}
                style={{
                  transform: `translateY(${start - HEAD_HEIGHT_PX}px)`,
                  gridTemplateColumns: template,
                }}
              >
                {columns.map(({ id, cell }) => (
                  <span key={id} role="gridcell" className={styles.cell}>
                    {cell(account)}
                  </span>
                ))}
              </div>
            )
          })}
        </div>
      </div>
    </div>
  )
}

interface Column {
  readonly id: string
  readonly title: string
  readonly track: string
  readonly cell: (account: ResolverAccount) => React.ReactNode
}

function columnsFor(width: number, servers: readonly ResolverServer[]): Column[] {
  const perServer =
    width >= WITH_SERVERS_PX && servers.length > 1 && servers.length <= MAX_SERVER_COLUMNS
  return [
    {
      id: 'name',
      title: 'Account',
      track: 'minmax(8rem, 1.2fr)',
      cell: ({ name }) => (
        <span className={styles.strong}>
          <DeviceText text={name} />
        </span>
      ),
    },
    {
      id: 'key',
      title: 'Key',
      track: 'minmax(8rem, 10rem)',
      cell: ({ publicKey }) => <span className="m-mono">{shortened(publicKey)}</span>,
    },
    ...(perServer
      ? servers.map((server): Column => ({
          id: server.id,
          title: server.name,
          track: 'minmax(7rem, 1fr)',
          cell: (account) => <OnServer account={account} serverId={server.id} />,
        }))
      : [
          {
            id: 'standing',
            title: 'On the servers',
            track: 'minmax(9rem, 1fr)',
            cell: (account: ResolverAccount) => <StateMark {...STANDINGS[account.standing]} />,
          },
        ]),
  ]
}

function OnServer({ account, serverId }: { account: ResolverAccount; serverId: string }) {
  const found = account.servers.find((one) => one.serverId === serverId)
  if (found === undefined) return <span className="m-muted">No answer</span>
  return <StateMark {...STANDINGS[found.standing]} />
}
