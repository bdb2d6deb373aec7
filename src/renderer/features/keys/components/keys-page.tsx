import { useMemo, useState } from 'react'
import { Button, Skeleton, TextInput } from '@mantine/core'
import { IconKeyOff, IconSearch } from '@tabler/icons-react'
import { counted } from '../../../lib/counted.ts'
import { problemOf } from '../../../lib/problem.ts'
import { ListTable } from '../../../ui/data-table/list-table.tsx'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { NothingFits } from '../../../ui/nothing-fits.tsx'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { ListDetail } from '../../../ui/page.tsx'
import { useKeysOverview } from '../api/keys-overview.ts'
import { orderedRows, rowsOf, type HolderOrder, type HolderRow } from '../holder-rows.ts'
import { HOLDER_COLUMNS } from './holder-columns.tsx'
import { HolderPanel } from './holder-panel.tsx'
import { UnfinishedList } from './unfinished-list.tsx'
import styles from './keys.module.css'

interface KeysPageProps {
  /** Public key of the operator or account whose details are open. */
  readonly selected: string | null
  readonly onSelect: (publicKey: string) => void
  readonly onDeselect: () => void
  readonly onOpenRenewal: () => void
  readonly onOpenRecovery: () => void
}

/** Operator and accounts with the keys that sign for them. */
export function KeysPage(props: KeysPageProps) {
  const { selected, onSelect, onDeselect, onOpenRenewal, onOpenRecovery } = props
  const overview = useKeysOverview()
  const [search, setSearch] = useState('')
  const [order, setOrder] = useState<HolderOrder>({ by: 'kind', descending: false })
  const [cursor, setCursor] = useState<string | null>(null)
  const all = useMemo(() => rowsOf(overview.data?.holders ?? []), [overview.data])
  const rows = useMemo(() => orderedRows(all, search, order), [all, search, order])
  const chosen = all.find(({ publicKey }) => publicKey === selected)
  const activate = (publicKey: string) => {
    setCursor(publicKey)
    // With the details open they follow the keyboard.
    if (selected !== null) onSelect(publicKey)
  }
  const panel =
    chosen === undefined ? null : (
      <HolderPanel
        key={chosen.publicKey}
        holder={chosen}
        onClose={onDeselect}
        onOpenRecovery={onOpenRecovery}
      />
    )
  return (
    <ListDetail detail={panel} wide>
      <div className={styles.page}>
        <UnfinishedList onOpenCredentials={onOpenRenewal} />
        {overview.isError ? (
          <div className={styles.bar}>
            <ProblemNotice
              problem={problemOf(overview.error)}
              actions={
                <Button variant="default" size="xs" onClick={() => void overview.refetch()}>
                  Try again
                </Button>
              }
            />
          </div>
        ) : overview.data === undefined ? (
          <LoadingRows />
        ) : all.length === 0 ? (
          <EmptyState icon={IconKeyOff} title="There are no keys yet">
            Make a local mesh, or import the store of nsc. The keys of its operator and accounts are
            kept in the keychain and shown here by their public parts.
          </EmptyState>
        ) : (
          <>
            <div className={styles.bar}>
              <TextInput
                aria-label="Search keys"
                placeholder="Search name, or paste a public key"
                leftSection={<IconSearch size={16} />}
                value={search}
                onChange={(event) => setSearch(event.currentTarget.value)}
                style={{ flex: '0 1 22rem' }}
              />
              <span className={styles.count}>{counted(all.length - 1, 'account')}</span>
            </div>
            {rows.length === 0 ? (
              <NothingFits
                title="No account fits"
                text="The search leaves nothing over."
                action="Show all"
                onClear={() => setSearch('')}
              />
            ) : (
              <ListTable
                label="Operator and accounts"
                columns={HOLDER_COLUMNS}
                rows={rows}
                keyOf={keyOfHolder}
                order={order}
                onOrder={setOrder}
                active={selected ?? cursor}
                onActivate={({ publicKey }) => activate(publicKey)}
                onOpen={({ publicKey }) => {
                  setCursor(publicKey)
                  onSelect(publicKey)
                }}
                onEscape={onDeselect}
              />
            )}
          </>
        )}
      </div>
    </ListDetail>
  )
}

function keyOfHolder({ publicKey }: HolderRow): string {
  return publicKey
}

function LoadingRows() {
  return (
    <div className={styles.unfinished} aria-busy>
      {Array.from({ length: 8 }, (_, index) => (
        <Skeleton key={index} height={28} radius="sm" />
      ))}
    </div>
  )
}
