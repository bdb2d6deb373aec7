import { useDeferredValue, useState, type ReactNode } from 'react'
import { IconHistory } from '@tabler/icons-react'
import type { AuditFilter, AuditStatus } from '#shared/contract/audit.ts'
import { useAuditStatus } from '../../../lib/live/audit.ts'
import { problemOf } from '../../../lib/problem.ts'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { NothingFits } from '../../../ui/nothing-fits.tsx'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { ListDetail, PageHeader } from '../../../ui/page.tsx'
import { useEntries } from '../api/list-entries.ts'
import { EVERYTHING } from '../audit-words.ts'
import { AuditActions } from './audit-actions.tsx'
import styles from './audit-screen.module.css'
import { AuditTable, LoadingEntries } from './audit-table.tsx'
import { BreakList } from './break-list.tsx'
import { ChainState } from './chain-state.tsx'
import { FilterBar } from './filter-bar.tsx'

interface AuditScreenProps {
  /** Number of the entry whose details are open; null for none. */
  readonly selected: number | null
  readonly onSelect: (seq: number | null) => void
  /** Shows the uses of this key only. */
  readonly keyFilter: string | null
  readonly onKeyFilter: (key: string | null) => void
  readonly detail: ReactNode | null
}

/** Every use of a key, and whether the log of them is whole. */
export function AuditScreen(props: AuditScreenProps) {
  const status = useAuditStatus()
  return (
    <ListDetail detail={props.detail}>
      <PageHeader
        title="Audit"
        subtitle={status === undefined ? 'Every use of a key' : <ChainState status={status} />}
        actions={<AuditActions status={status} />}
      />
      {status === undefined ? <LoadingEntries /> : <AuditList {...props} status={status} />}
    </ListDetail>
  )
}

function AuditList(props: AuditScreenProps & { readonly status: AuditStatus }) {
  const { status, keyFilter, onKeyFilter, selected, onSelect } = props
  const [chosen, setChosen] = useState<AuditFilter>(EVERYTHING)
  const filter = { ...chosen, key: keyFilter, text: useDeferredValue(chosen.text) }
  const entries = useEntries(filter, status.entries)
  const lines = entries.data?.pages.flatMap((page) => page.lines)
  const change = (next: AuditFilter) => {
    setChosen(next)
    if (next.key !== keyFilter) onKeyFilter(next.key)
  }
  return (
    <>
      {status.problem !== null && (
        <div className={styles.banner}>
          <ProblemNotice problem={status.problem} />
        </div>
      )}
      <BreakList breaks={status.breaks} />
      {status.entries === 0 ? (
        <NoEntries />
      ) : (
        <>
          <FilterBar
            filter={{ ...chosen, key: keyFilter }}
            total={entries.data?.pages[0]?.total ?? null}
            onChange={change}
          />
          {entries.isError && (
            <div className={styles.banner}>
              <ProblemNotice problem={problemOf(entries.error)} />
            </div>
          )}
          {lines === undefined && entries.isPending && <LoadingEntries />}
          {lines?.length === 0 && (
            <NothingFits
              title="No entry fits"
              text="Search and filters leave nothing over."
              action="Show all entries"
              onClear={() => change(EVERYTHING)}
            />
          )}
          {lines !== undefined && lines.length > 0 && (
            <AuditTable
              lines={lines}
              breaks={status.breaks}
              selected={selected}
              onSelect={onSelect}
              hasMore={entries.hasNextPage && !entries.isFetchingNextPage}
              onMore={() => void entries.fetchNextPage()}
            />
          )}
        </>
      )}
    </>
  )
}

function NoEntries() {
  return (
    <EmptyState icon={IconHistory} title="No key was used yet">
      Each use of the operator’s and the accounts’ keys will stand here: who, when, for what and
      why. Nothing can be taken out again.
    </EmptyState>
  )
}
