import { useState } from 'react'
import { Skeleton } from '@mantine/core'
import type {
  CellState,
  IsolationReport,
  ProofRun,
  SignedReport,
} from '#shared/contract/isolation.ts'
import { problemOf } from '../../../lib/problem.ts'
import { absoluteTime, durationText } from '../../../lib/time/format.ts'
import { Fact, Facts } from '../../../ui/facts.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { useReport } from '../api/get-report.ts'
import { cellsOf } from '../report-cells.ts'
import { FindingList } from './finding-list.tsx'
import styles from './isolation-screen.module.css'
import { PairDetails } from './pair-details.tsx'
import { MatrixLegend, ProofMatrix, type PairPlace } from './proof-matrix.tsx'
import { ControlTable, DeclaredList, ProbeTable } from './report-tables.tsx'
import { VerdictBanner } from './verdict-banner.tsx'

interface ReportViewProps {
  readonly id: string
  /** The last run: it knows why its report is not signed. */
  readonly run: ProofRun | null
}

/** A report in full. */
export function ReportView({ id, run }: ReportViewProps) {
  const report = useReport(id)
  if (report.isError) return <ProblemNotice problem={problemOf(report.error)} />
  if (report.data === undefined) {
    return (
      <div aria-busy="true" aria-label="The report is being loaded">
        <Skeleton height={72} radius="md" />
        <Skeleton height={260} mt={24} radius="md" />
      </div>
    )
  }
  const problem = run?.reportId === id && report.data.signature === null ? run.problem : null
  return (
    <div className={styles.page}>
      <VerdictBanner signed={report.data} />
      {problem !== null && <ProblemNotice problem={problem} />}
      <Figures report={report.data.report} />
      <Pairs report={report.data.report} />
      <SharedNotice report={report.data.report} />
      <FindingList report={report.data.report} />
      <DeclaredList report={report.data.report} />
      <ProbeTable report={report.data.report} />
      <ControlTable report={report.data.report} />
      <Circumstances signed={report.data} />
    </div>
  )
}

function Figures({ report: { counts } }: { report: IsolationReport }) {
  const figures = [
    { value: counts.probes, name: 'probes tried' },
    { value: counts.refused, name: 'refused' },
    { value: counts.held, name: 'held' },
    { value: counts.crossed, name: 'crossed', tone: 'bad' },
    { value: counts.inconclusive, name: 'inconclusive', tone: 'warn' },
  ]
  return (
    <ul className={styles.figures}>
      {figures.map(({ value, name, tone }) => (
        <li key={name} data-tone={value > 0 ? tone : undefined}>
          <b>{value.toLocaleString('en-US')}</b>
          {name}
        </li>
      ))}
    </ul>
  )
}

function Pairs({ report }: { report: IsolationReport }) {
  const [chosen, setChosen] = useState<PairPlace | null>(null)
  const cells: readonly (readonly CellState[])[] = cellsOf(report)
  return (
    <section className={styles.block}>
      <h2>Who tried whom</h2>
      <p className={styles.lead}>
        Rows attack, columns are attacked. Choose a pair to see each probe and what came of it.
      </p>
      <ProofMatrix
        tenants={report.tenants}
        cells={cells}
        chosen={chosen}
        onChoose={(place) => setChosen(place)}
      />
      <MatrixLegend live={false} />
      {chosen !== null && (
        <PairDetails
          report={report}
          attacker={report.tenants[chosen.attacker]?.name ?? ''}
          victim={report.tenants[chosen.victim]?.name ?? ''}
          onClose={() => setChosen(null)}
        />
      )}
    </section>
  )
}

function SharedNotice({ report: { tenants } }: { report: IsolationReport }) {
  const shared = tenants.filter(({ isolation }) => isolation === 'shared')
  if (shared.length === 0) return null
  return (
    <Notice tone="warn" title="Separated by permissions only">
      {shared.map(({ name }) => name).join(', ')} {shared.length === 1 ? 'lives' : 'live'} in a
      shared account. On _INBOX.&gt;, which its tenants have in common, a client of one can read the
      replies that another gets, and answer in place of others. Tenants with an account of their own
      do not have this weakness.
    </Notice>
  )
}

function Circumstances({ signed: { report, signature } }: { signed: SignedReport }) {
  const { mesh, operator, muster, startedAt, endedAt } = report
  return (
    <section className={styles.block}>
      <h2>Where and when</h2>
      <Facts>
        <Fact name="Mesh">{mesh.name}</Fact>
        <Fact name="Server">
          nats-server {mesh.serverVersion} at {mesh.urls.join(', ')}
        </Fact>
        <Fact name="Server id">
          <span className="m-mono">{mesh.serverId}</span>
        </Fact>
        <Fact name="Began">{absoluteTime(Date.parse(startedAt))}</Fact>
        <Fact name="Took">{durationText(Date.parse(endedAt) - Date.parse(startedAt))}</Fact>
        <Fact name="Operator">
          <span className="m-mono">{operator.publicKey}</span>
        </Fact>
        <Fact name="Signed by">
          {signature === null ? 'Nobody yet' : <span className="m-mono">{signature.key}</span>}
        </Fact>
        <Fact name="Muster">{muster.version}</Fact>
        <Fact name="Report">
          <span className="m-mono">{report.id}</span>
        </Fact>
      </Facts>
    </section>
  )
}
