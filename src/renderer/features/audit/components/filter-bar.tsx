import { Pill, Select, Switch, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { AuditAction, AuditFilter } from '#shared/contract/audit.ts'
import { counted } from '../../../lib/counted.ts'
import { ACTION_NAMES, shortKey } from '../audit-words.ts'
import styles from './audit-screen.module.css'

const HOUR_MS = 3_600_000
const SPANS = [
  { value: 'hour', label: 'Last hour', milliseconds: HOUR_MS },
  { value: 'day', label: 'Last 24 hours', milliseconds: 24 * HOUR_MS },
  { value: 'week', label: 'Last 7 days', milliseconds: 7 * 24 * HOUR_MS },
  { value: 'month', label: 'Last 30 days', milliseconds: 30 * 24 * HOUR_MS },
] as const

const RESULTS = [
  { value: 'done', label: 'Done' },
  { value: 'failed', label: 'Failed' },
  { value: 'refused', label: 'Refused' },
  { value: 'interrupted', label: 'Interrupted' },
]

const ACTIONS = AuditAction.options
  .map((value) => ({ value, label: ACTION_NAMES[value] }))
  .toSorted((a, b) => a.label.localeCompare(b.label))

interface FilterBarProps {
  readonly filter: AuditFilter
  /** How many entries match; null while that is not known. */
  readonly total: number | null
  readonly onChange: (filter: AuditFilter) => void
}

/** Which entries are shown. */
export function FilterBar({ filter, total, onChange }: FilterBarProps) {
  const { key } = filter
  return (
    <div className={styles.filters} role="search" aria-label="Entries">
      <TextInput
        className={styles.search ?? ''}
        aria-label="Search the log"
        placeholder="Search subject, reason, key"
        leftSection={<IconSearch size={16} />}
        maxLength={200}
        value={filter.text}
        onChange={(event) => onChange({ ...filter, text: event.currentTarget.value })}
      />
      <Select
        aria-label="Action"
        placeholder="Any action"
        w={180}
        data={ACTIONS}
        clearable
        searchable
        value={filter.action}
        onChange={(action) =>
          onChange({ ...filter, action: AuditAction.nullable().catch(null).parse(action) })
        }
      />
      <Select
        aria-label="Result"
        placeholder="Any result"
        w={130}
        data={RESULTS}
        clearable
        value={filter.result}
        onChange={(result) =>
          onChange({ ...filter, result: AuditFilter.shape.result.catch(null).parse(result) })
        }
      />
      <Select
        aria-label="Time"
        placeholder="Any time"
        w={150}
        data={SPANS.map(({ value, label }) => ({ value, label }))}
        clearable
        value={spanOf(filter)}
        onChange={(value) => onChange({ ...filter, from: beginningOf(value) })}
      />
      {key !== null && (
        <Pill
          withRemoveButton
          size="md"
          onRemove={() => onChange({ ...filter, key: null })}
          removeButtonProps={{ 'aria-label': 'Show the uses of all keys', 'aria-hidden': false }}
        >
          Key <span className="m-mono">{shortKey(key)}</span>
        </Pill>
      )}
      <Switch
        label="Beginnings"
        title="Show also the entry that was written before each use"
        checked={filter.beginnings}
        onChange={(event) => onChange({ ...filter, beginnings: event.currentTarget.checked })}
      />
      {total !== null && (
        <span className={styles.total} role="status">
          {counted(total, 'entry', 'entries')}
        </span>
      )}
    </div>
  )
}

/** A moment of a minute, so that the same choice is the same question for a while. */
function beginningOf(value: string | null): string | null {
  const span = SPANS.find((one) => one.value === value)
  if (span === undefined) return null
  const minutes = Math.floor((Date.now() - span.milliseconds) / 60_000)
  return new Date(minutes * 60_000).toISOString()
}

function spanOf({ from }: AuditFilter): string | null {
  if (from === null) return null
  const age = Date.now() - Date.parse(from)
  // Chosen some time ago, its moment is older by now.
  const nearest = SPANS.toSorted(
    (a, b) => Math.abs(a.milliseconds - age) - Math.abs(b.milliseconds - age),
  )
  return nearest[0]?.value ?? null
}
