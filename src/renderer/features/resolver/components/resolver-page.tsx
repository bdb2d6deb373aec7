import { Button, Skeleton } from '@mantine/core'
import { IconPlugConnectedX, IconRefresh } from '@tabler/icons-react'
import type { ResolverReport } from '#shared/contract/resolver.ts'
import { problemOf } from '../../../lib/problem.ts'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { ListDetail } from '../../../ui/page.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { TimeText } from '../../../ui/time-text.tsx'
import { useReport } from '../api/use-report.ts'
import { KINDS } from '../resolver-words.ts'
import { AccountPanel } from './account-panel.tsx'
import { AccountTable } from './account-table.tsx'
import styles from './resolver.module.css'
import { ServerList } from './server-list.tsx'

interface ResolverPageProps {
  /** Public key of the account whose details are open; null for none. */
  readonly selected: string | null
  readonly onSelect: (publicKey: string | null) => void
  /** To where a server can be managed. */
  readonly onSettings: () => void
}

/** What each server of the mesh in use has of our accounts, and how to bring both together. */
export function ResolverPage({ selected, onSelect, onSettings }: ResolverPageProps) {
  const report = useReport()
  const account = report.data?.accounts.find(({ publicKey }) => publicKey === selected)
  const problem = report.error === null ? undefined : problemOf(report.error)
  if (problem?.code === 'MESH_NOT_OURS' || problem?.code === 'AUTHORITY_NOT_SET_UP') {
    return <NotOurs message={problem.message} onSettings={onSettings} />
  }
  return (
    <ListDetail
      detail={
        account === undefined || report.data === undefined ? null : (
          <AccountPanel
            account={account}
            servers={report.data.servers}
            onClose={() => onSelect(null)}
          />
        )
      }
    >
      <div className={styles.bar}>
        {report.data !== undefined && <Summary report={report.data} />}
        <Button
          className={styles.barActions}
          size="xs"
          variant="default"
          leftSection={<IconRefresh size={15} />}
          loading={report.isFetching}
          onClick={() => void report.refetch()}
        >
          Look again
        </Button>
      </div>
      {problem !== undefined && (
        <div className={styles.banner}>
          <ProblemNotice problem={problem} />
        </div>
      )}
      {report.isPending && <Loading />}
      {report.data !== undefined && (
        <>
          <ServerList servers={report.data.servers} />
          <AccountTable
            accounts={report.data.accounts}
            servers={report.data.servers}
            selected={selected}
            onSelect={onSelect}
          />
        </>
      )}
    </ListDetail>
  )
}

function Summary({ report: { mesh, kind, lookedAt, accounts } }: { report: ResolverReport }) {
  const odd = accounts.filter(({ repairs }) => repairs.length > 0).length
  return (
    <>
      <StateMark
        tone={odd === 0 ? 'ok' : 'warn'}
        word={
          odd === 0
            ? `All ${accounts.length} accounts in step`
            : `${odd} of ${accounts.length} accounts need a look`
        }
      />
      <span>
        <bdi>{mesh}</bdi> · {KINDS[kind]} · looked <TimeText at={lookedAt} />
      </span>
    </>
  )
}

function NotOurs({ message, onSettings }: { message: string; onSettings: () => void }) {
  return (
    <EmptyState
      icon={IconPlugConnectedX}
      title="No accounts of yours on this mesh"
      actions={
        <Button variant="default" onClick={onSettings}>
          Settings, Mesh
        </Button>
      }
    >
      {message}
    </EmptyState>
  )
}

function Loading() {
  return (
    <div className={styles.servers}>
      {[0, 1, 2].map((index) => (
        <Skeleton key={index} height={76} radius="md" />
      ))}
    </div>
  )
}
