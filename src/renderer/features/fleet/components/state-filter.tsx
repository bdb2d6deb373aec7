import type { FleetCounts, StateFilter as FleetStateFilter } from '../fleet-view.ts'
import { StateFilter } from '../../../ui/state-filter.tsx'

const CHOICES = [
  { state: 'all', word: 'All', tone: null },
  { state: 'online', word: 'Online', tone: 'ok' },
  { state: 'offline', word: 'Offline', tone: 'off' },
  { state: 'pending', word: 'Pending', tone: 'warn' },
] as const

interface StateFilterBarProps {
  readonly counts: FleetCounts
  readonly value: FleetStateFilter
  readonly onChange: (state: FleetStateFilter) => void
}

/** How many devices are in which state; choosing one shows only those. */
export function StateFilterBar({ counts, value, onChange }: StateFilterBarProps) {
  return (
    <StateFilter
      legend="Show devices by state"
      choices={CHOICES}
      countOf={(state) => counts[state]}
      value={value}
      onChange={onChange}
    />
  )
}
