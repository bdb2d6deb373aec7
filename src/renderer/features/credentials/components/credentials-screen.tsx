import { useDeferredValue, useState, type ReactNode } from 'react'
import { Button } from '@mantine/core'
import { IconId } from '@tabler/icons-react'
import type { CredentialFilter, CredentialOrder } from '#shared/contract/credentials.ts'
import { plural } from '../../../lib/counted.ts'
import { problemOf } from '../../../lib/problem.ts'
import { SelectionBar } from '../../../ui/data-table/selection-bar.tsx'
import { useSelection } from '../../../ui/data-table/use-selection.ts'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { NothingFits } from '../../../ui/nothing-fits.tsx'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { ListDetail } from '../../../ui/page.tsx'
import { useListIds } from '../api/list-ids.ts'
import { useCounts } from '../api/use-page.ts'
import { EVERYTHING } from '../credential-words.ts'
import { useLedgerStream } from '../hooks/use-ledger-stream.ts'
import { CredentialTable, LoadingCredentials } from './credential-table.tsx'
import styles from './credentials-screen.module.css'
import { FilterBar } from './filter-bar.tsx'
import { OpenRevocations } from './open-revocations.tsx'

interface CredentialsScreenProps {
  /** Shows this tenant only; null for all. */
  readonly tenant: string | null
  /** What to search for at first. */
  readonly search: string
  /** Ledger id of the credential whose details are open. */
  readonly selected: string | null
  readonly onSelect: (id: string | null) => void
  readonly onRevoke: (ids: readonly string[]) => void
  /** Shows how a revocation goes. */
  readonly onShowRevocation: (id: string) => void
  readonly onCommission: () => void
  readonly detail: ReactNode | null
}

/** Everything that was issued, to whom, until when, and what became of it. */
export function CredentialsScreen(props: CredentialsScreenProps) {
  useLedgerStream()
  const { tenant, selected, onSelect, onRevoke, detail } = props
  const [chosen, setChosen] = useState<CredentialFilter>({ ...EVERYTHING, text: props.search })
  const [order, setOrder] = useState<CredentialOrder>({ by: 'issuedAt', descending: true })
  const [cursor, setCursor] = useState(-1)
  const selection = useSelection()
  const listIds = useListIds()
  // Typing stays quick while a large ledger is searched.
  const filter = { ...chosen, tenant, text: useDeferredValue(chosen.text) }
  const counts = useCounts(filter)
  const total = counts.data === undefined ? null : countOf(counts.data, filter.state)
  const change = (next: CredentialFilter) => {
    setChosen(next)
    setCursor(-1)
    selection.clear()
  }
  const ticked = selection.ids.size
  const isEmpty = counts.data?.all === 0 && isEverything(chosen)
  return (
    <ListDetail detail={detail} wide>
      <OpenRevocations onShow={props.onShowRevocation} />
      {!isEmpty && <FilterBar filter={chosen} counts={counts.data} onChange={change} />}
      {counts.isError && (
        <div className={styles.banner}>
          <ProblemNotice problem={problemOf(counts.error)} />
        </div>
      )}
      {total === null && !counts.isError && <LoadingCredentials />}
      {isEmpty && <NothingIssued tenant={tenant} onCommission={props.onCommission} />}
      {total === 0 && !isEmpty && (
        <NothingFits
          title="No credential fits"
          text="Search and filters leave nothing over."
          action="Show all credentials"
          onClear={() => change(EVERYTHING)}
        />
      )}
      {total !== null && total > 0 && (
        <>
          {ticked > 0 && (
            <SelectionBar
              label="Ticked credentials"
              selection={selection}
              status={
                <>
                  {ticked.toLocaleString('en')} {plural(ticked, 'credential')} ticked
                  {ticked < total && (
                    <span className="m-muted"> of {total.toLocaleString('en')}</span>
                  )}
                </>
              }
            >
              <Button size="xs" color="red.9" onClick={() => onRevoke([...selection.ids])}>
                Revoke…
              </Button>
            </SelectionBar>
          )}
          <CredentialTable
            filter={filter}
            order={order}
            onOrder={(next) => {
              setOrder(next)
              setCursor(-1)
            }}
            total={total}
            selection={selection}
            onTickAll={() => listIds.mutate(filter, { onSuccess: (ids) => selection.set(ids) })}
            cursor={cursor}
            onCursor={setCursor}
            selected={selected}
            onSelect={onSelect}
          />
        </>
      )}
    </ListDetail>
  )
}

function NothingIssued({
  tenant,
  onCommission,
}: {
  tenant: string | null
  onCommission: () => void
}) {
  return (
    <EmptyState
      icon={IconId}
      title={tenant === null ? 'No credentials yet' : 'No credentials in this tenant'}
      actions={<Button onClick={onCommission}>Commission a device</Button>}
    >
      Whatever is issued stands here: to whom, for which key, until when, and what became of it.
    </EmptyState>
  )
}

function countOf(
  counts: Readonly<Record<'all' | 'usable' | 'pending' | 'expired' | 'revoked' | 'struck', number>>,
  state: CredentialFilter['state'],
): number {
  return state === 'active' ? counts.usable - counts.pending : counts[state]
}

function isEverything({ text, role, state, expiresBefore, internal }: CredentialFilter): boolean {
  return text === '' && role === null && state === 'all' && expiresBefore === null && !internal
}
