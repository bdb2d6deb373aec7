import type { IsolationReport, ProbeOutcome } from '#shared/contract/isolation.ts'
import { OUTCOMES, SEVERITIES } from '../isolation-words.ts'
import { controlTotals, outcomeTally } from '../report-totals.ts'
import styles from './isolation-screen.module.css'

const COLUMNS: readonly ProbeOutcome[] = [
  'refused',
  'held',
  'crossed',
  'inconclusive',
  'not-applicable',
]

/** Every kind of probe, what it tried, and what came of it over all pairs. */
export function ProbeTable({ report }: { report: IsolationReport }) {
  const tally = outcomeTally(report)
  return (
    <section className={styles.block}>
      <h2>What was tried</h2>
      <p className={styles.lead}>
        Each probe is tried with the permissions of a device and, where the tenant has an account of
        its own, once more with every permission in that account, so that only the border between
        accounts is left to hold.
      </p>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Probe</th>
            {COLUMNS.map((outcome) => (
              <th
                key={outcome}
                scope="col"
                className={styles.number}
                title={OUTCOMES[outcome].help}
              >
                {OUTCOMES[outcome].word}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {report.probes.map(({ id, title, tries, expected, severity }) => (
            <tr key={id}>
              <td>
                <strong>{title}</strong>{' '}
                <span className={styles.severity} data-severity={severity}>
                  {SEVERITIES[severity]}
                </span>
                <div className={styles.small}>{tries}</div>
                <div className={styles.small}>Must: {expected}</div>
              </td>
              {COLUMNS.map((outcome) => (
                <Count key={outcome} value={tally.get(id)?.get(outcome) ?? 0} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

/** What the accounts share by their own claims. */
export function DeclaredList({ report: { declared } }: { report: IsolationReport }) {
  return (
    <section className={styles.block}>
      <h2>What the accounts are set up to share</h2>
      {declared === null && <p className={styles.lead}>They could not be read from the server.</p>}
      {declared?.length === 0 && (
        <p className={styles.lead}>
          Nothing but what the registry needs: no account takes anything from that of another
          tenant.
        </p>
      )}
      {declared !== null && declared.length > 0 && (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">From → into</th>
              <th scope="col">As</th>
              <th scope="col">Subject</th>
            </tr>
          </thead>
          <tbody>
            {declared.map(({ from, into, type, subject, localSubject }) => (
              <tr key={`${from} ${into} ${type} ${subject}`}>
                <td>
                  <bdi>
                    {from} → {into}
                  </bdi>
                </td>
                <td>{type}</td>
                <td className="m-mono">
                  {subject}
                  {localSubject !== null && ` (there: ${localSubject})`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

/** What must work, and how often it did. */
export function ControlTable({ report }: { report: IsolationReport }) {
  const totals = controlTotals(report)
  if (totals.length === 0) return null
  return (
    <section className={styles.block}>
      <h2>What must work</h2>
      <p className={styles.lead}>
        A probe that sees nothing proves nothing unless there was something to see. So in every
        round the tenant that is attacked talks and is talked to.
      </p>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">In the tenant that is attacked</th>
            <th scope="col" className={styles.number}>
              Worked
            </th>
            <th scope="col" className={styles.number}>
              Tried
            </th>
          </tr>
        </thead>
        <tbody>
          {totals.map(({ title, worked, tried, lacking }) => (
            <tr key={title}>
              <td>
                {title}
                {lacking.length > 0 && (
                  <div className={styles.small}>Not always in {lacking.join(', ')}</div>
                )}
              </td>
              <Count value={worked} />
              <Count value={tried} />
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Count({ value }: { value: number }) {
  return (
    <td className={styles.number} data-zero={value === 0}>
      {value.toLocaleString('en-US')}
    </td>
  )
}
