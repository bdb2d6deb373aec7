import type { AccountDifference } from '#shared/contract/resolver.ts'
import { absoluteTime } from '../../../lib/time/format.ts'
import { areaName, shortened } from '../resolver-words.ts'
import styles from './resolver.module.css'

interface DifferenceListProps {
  readonly label: string
  readonly differences: readonly AccountDifference[]
  /** Said where there is none. */
  readonly none: string
  /** They are not carried out: what would change stays. */
  readonly kept?: boolean
}

const CHANGES = { added: 'added', removed: 'removed', changed: 'changed' } as const
const KEPT = { added: 'does not come back', removed: 'stays', changed: 'stays as it is' } as const

/** What differs between two versions of an account, one line each. */
export function DifferenceList({ label, differences, none, kept = false }: DifferenceListProps) {
  if (differences.length === 0) return <p className="m-muted">{none}</p>
  return (
    <ul className={styles.differences} aria-label={label}>
      {differences.map((difference) => (
        <li
          key={`${difference.area} ${difference.key ?? ''} ${difference.subject}`}
          className={styles.difference}
        >
          <span className={styles.differenceHead}>
            {areaName(difference)} {(kept ? KEPT : CHANGES)[difference.change]}
          </span>
          <bdi className={styles.subject} title={difference.key ?? difference.subject}>
            {shortened(difference.subject)}
          </bdi>
          <Values difference={difference} />
        </li>
      ))}
    </ul>
  )
}

function Values({ difference: { before, after, change } }: { difference: AccountDifference }) {
  const text =
    change === 'changed'
      ? `${before ?? ''} → ${after ?? ''}`
      : ((change === 'added' ? after : before) ?? '')
  const moment = Date.parse(text)
  if (/^\d{4}-\d\d-\d\dT/u.test(text) && !Number.isNaN(moment)) {
    return <span className={styles.values}>since {absoluteTime(moment)}</span>
  }
  if (text === '' || text === '{}' || text === 'full') return null
  return <bdi className={styles.values}>{shortened(text)}</bdi>
}
