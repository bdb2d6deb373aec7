import { useState } from 'react'
import { Button } from '@mantine/core'
import type { IsolationReport, ProofFinding } from '#shared/contract/isolation.ts'
import { groupFindings, type FindingGroup } from '#shared/isolation-report.ts'
import { counted } from '../../../lib/counted.ts'
import { FINDING_TITLES, SEVERITIES } from '../isolation-words.ts'
import styles from './isolation-screen.module.css'

const SHOWN_PAIRS = 12

/** What was found, the worst first; nothing where nothing was. */
export function FindingList({ report }: { report: IsolationReport }) {
  const groups = groupFindings(report)
  return (
    <>
      {(['crossed', 'inconclusive', 'weak'] as const).map((kind) => (
        <GroupsOfKind key={kind} kind={kind} groups={groups} />
      ))}
    </>
  )
}

interface GroupsOfKindProps {
  readonly kind: ProofFinding['kind']
  readonly groups: readonly FindingGroup[]
}

function GroupsOfKind({ kind, groups }: GroupsOfKindProps) {
  const ofKind = groups.filter((group) => group.kind === kind)
  if (ofKind.length === 0) return null
  return (
    <section className={styles.block}>
      <h2>{FINDING_TITLES[kind]}</h2>
      {ofKind.map((group) => (
        <Group key={`${group.probe?.id} ${group.as} ${group.text}`} group={group} />
      ))}
    </section>
  )
}

function Group({ group: { kind, probe, text, evidence, pairs } }: { group: FindingGroup }) {
  const isUnclear = kind === 'inconclusive'
  return (
    <article className={styles.finding}>
      <div className={styles.findingHead}>
        {kind === 'crossed' && probe !== undefined && (
          <span className={styles.severity} data-severity={probe.severity}>
            {SEVERITIES[probe.severity]}
          </span>
        )}
        <bdi>{isUnclear ? text : probe?.title}</bdi>
        <span className={styles.findingCount}>{counted(pairs.length, 'pair')}</span>
      </div>
      {!isUnclear && (
        <p>
          {pairs.length > 1 && 'For example: '}
          {text}
        </p>
      )}
      {evidence.length > 0 && (
        <ul className={styles.evidence}>
          {evidence.map(({ action, saw }) => (
            <li key={action}>
              <code>{action}</code>: {saw}
            </li>
          ))}
        </ul>
      )}
      <Pairs pairs={pairs} />
    </article>
  )
}

function Pairs({ pairs }: { pairs: readonly string[] }) {
  const [all, setAll] = useState(false)
  const left = pairs.length - SHOWN_PAIRS
  return (
    <p className={styles.pairs}>
      <bdi>{(all ? pairs : pairs.slice(0, SHOWN_PAIRS)).join(', ')}</bdi>{' '}
      {!all && left > 0 && (
        <Button variant="subtle" size="compact-xs" onClick={() => setAll(true)}>
          and {left} more
        </Button>
      )}
    </p>
  )
}
