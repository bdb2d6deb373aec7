import { useState } from 'react'
import { Button, Skeleton } from '@mantine/core'
import { IconArrowLeft, IconPlus } from '@tabler/icons-react'
import type { Tenant } from '#shared/contract/tenants.ts'
import { PageHeader } from '../../../ui/page.tsx'
import { useIsolation, type IsolationState } from '../hooks/use-isolation.ts'
import { isOver } from '../isolation-words.ts'
import { CheckReport } from './check-report.tsx'
import styles from './isolation-screen.module.css'
import { ProofSetup } from './proof-setup.tsx'
import { ReportList } from './report-list.tsx'
import { ReportView } from './report-view.tsx'
import { RunView } from './run-view.tsx'

interface IsolationScreenProps {
  readonly tenants: readonly Tenant[] | undefined
  /** Whether this profile issues the credentials of the mesh in use. */
  readonly canIssue: boolean
  /** Id of the report that is shown; null for none. */
  readonly reportId: string | null
  readonly onReport: (id: string | null) => void
  readonly onBack: () => void
}

/** Proves that tenants are isolated, and keeps the reports. */
export function IsolationScreen(props: IsolationScreenProps) {
  const { reportId, onReport, onBack } = props
  const state = useIsolation()
  const [setUp, setSetUp] = useState(false)
  const running = state?.run !== null && state?.run !== undefined && !isOver(state.run)
  const show = (id: string) => {
    setSetUp(false)
    onReport(id)
  }
  return (
    <div className={styles.screen}>
      <PageHeader
        title="Isolation proof"
        subtitle="Every tenant tries, with real connections, everything that it must not do to every other."
        actions={
          <>
            <Button
              variant="subtle"
              color="gray"
              leftSection={<IconArrowLeft size={16} />}
              onClick={onBack}
            >
              Tenants
            </Button>
            <CheckReport />
            <Button
              leftSection={<IconPlus size={16} />}
              disabled={running || state === undefined}
              onClick={() => {
                setSetUp(true)
                onReport(null)
              }}
            >
              New proof
            </Button>
          </>
        }
      />
      {state === undefined ? (
        <Loading />
      ) : (
        <div className={styles.split}>
          <ReportList
            state={state}
            shown={shownIn(state, reportId, setUp)}
            onReport={show}
            onRun={() => {
              setSetUp(false)
              onReport(null)
            }}
          />
          <div className={styles.main}>
            <Main
              {...props}
              state={state}
              setUp={setUp}
              onStarted={() => {
                setSetUp(false)
                onReport(null)
              }}
              onReport={show}
            />
          </div>
        </div>
      )}
    </div>
  )
}

/** What stands at the right: a report by its id, the run, or the form for a new proof. */
export function shownIn(
  { run, reports }: IsolationState,
  reportId: string | null,
  setUp: boolean,
): { type: 'report'; id: string } | { type: 'run' } | { type: 'setup' } {
  if (run !== null && !isOver(run) && reportId === null) return { type: 'run' }
  if (setUp) return { type: 'setup' }
  if (reportId !== null) return { type: 'report', id: reportId }
  if (run !== null && run.reportId === null) return { type: 'run' }
  const [newest] = reports
  const last = run?.reportId ?? newest?.id
  // A report that was removed meanwhile is not the one to show.
  return last !== undefined && reports.some(({ id }) => id === last)
    ? { type: 'report', id: last }
    : newest === undefined
      ? { type: 'setup' }
      : { type: 'report', id: newest.id }
}

interface MainProps {
  readonly tenants: readonly Tenant[] | undefined
  readonly canIssue: boolean
  readonly reportId: string | null
  readonly state: IsolationState
  readonly setUp: boolean
  readonly onStarted: () => void
  readonly onReport: (id: string) => void
}

function Main({ tenants, canIssue, reportId, state, setUp, onStarted }: MainProps) {
  const shown = shownIn(state, reportId, setUp)
  const { run } = state
  if (shown.type === 'report') return <ReportView key={shown.id} id={shown.id} run={run} />
  if (shown.type === 'run' && run !== null) return <RunView run={run} />
  return <ProofSetup tenants={tenants} canIssue={canIssue} onStarted={onStarted} />
}

function Loading() {
  return (
    <div className={styles.split} aria-busy="true" aria-label="Reports are being loaded">
      <div className={styles.side}>
        {['9rem', '7rem', '8rem'].map((width) => (
          <Skeleton key={width} height={14} width={width} my={12} />
        ))}
      </div>
      <div className={styles.main}>
        <Skeleton height={72} radius="md" />
        <Skeleton height={260} mt={24} radius="md" />
      </div>
    </div>
  )
}
