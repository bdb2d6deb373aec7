import { CloseButton } from '@mantine/core'
import type { IsolationReport, ProbeOutcome } from '#shared/contract/isolation.ts'
import { OUTCOMES } from '../isolation-words.ts'
import styles from './isolation-screen.module.css'

interface PairDetailsProps {
  readonly report: IsolationReport
  readonly attacker: string
  readonly victim: string
  readonly onClose: () => void
}

/** Each probe of a pair and its outcome. */
export function PairDetails({ report, attacker, victim, onClose }: PairDetailsProps) {
  const pair = report.pairs.find((one) => one.attacker === attacker && one.victim === victim)
  if (pair === undefined) return null
  return (
    <section className={styles.pair} aria-label={`${attacker} against ${victim}`}>
      <div className={styles.pairHead}>
        <h3>
          <bdi>
            {attacker} → {victim}
          </bdi>
        </h3>
        <span className={styles.small}>
          {pair.border === 'accounts'
            ? 'Separated by their accounts'
            : 'In one account: separated by permissions only'}
        </span>
        <CloseButton size="sm" aria-label="Close this pair" onClick={onClose} />
      </div>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Probe</th>
            <th scope="col">As a device</th>
            {pair.unrestricted !== null && <th scope="col">With every permission</th>}
          </tr>
        </thead>
        <tbody>
          {report.probes.map(({ id, title }) => (
            <tr key={id}>
              <td>{title}</td>
              <td>
                <Outcome outcome={pair.device[id]} />
              </td>
              {pair.unrestricted !== null && (
                <td>
                  <Outcome outcome={pair.unrestricted[id]} />
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Outcome({ outcome }: { outcome: ProbeOutcome | undefined }) {
  if (outcome === undefined) return <span className={styles.small}>–</span>
  const { word, mark, state, help } = OUTCOMES[outcome]
  return (
    <span className={styles.outcome} data-state={state} title={help}>
      <span aria-hidden>{mark}</span>
      {word}
    </span>
  )
}
