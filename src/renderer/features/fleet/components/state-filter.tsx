import type { FleetCounts, StateFilter } from '../fleet-view.ts'
import { Dot, type Tone } from '../../../ui/state-mark.tsx'
import styles from './fleet-screen.module.css'

const FILTERS: readonly { state: StateFilter; word: string; tone: Tone | null }[] = [
  { state: 'all', word: 'All', tone: null },
  { state: 'online', word: 'Online', tone: 'ok' },
  { state: 'offline', word: 'Offline', tone: 'off' },
  { state: 'pending', word: 'Pending', tone: 'warn' },
]

interface StateFilterProps {
  readonly counts: FleetCounts
  readonly value: StateFilter
  readonly onChange: (state: StateFilter) => void
}

/** How many devices are in which state; choosing one shows only those. */
export function StateFilterBar({ counts, value, onChange }: StateFilterProps) {
  return (
    <fieldset className={styles.filters}>
      <legend className="m-hidden">Show devices by state</legend>
      {FILTERS.map(({ state, word, tone }) => (
        <button
          key={state}
          type="button"
          className={styles.filter}
          aria-pressed={value === state}
          onClick={() => onChange(state)}
        >
          {tone !== null && <Dot tone={tone} />}
          {word}
          <span className={styles.filterCount}>{counts[state].toLocaleString('en')}</span>
        </button>
      ))}
    </fieldset>
  )
}
