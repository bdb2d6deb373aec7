import { Select, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import type { CredentialCounts, CredentialFilter } from '#shared/contract/credentials.ts'
import { StateFilter } from '../../../ui/state-filter.tsx'
import styles from './credentials-screen.module.css'

const STATES = [
  { state: 'all', word: 'All', tone: null },
  { state: 'usable', word: 'Usable', tone: 'ok' },
  { state: 'pending', word: 'Pending', tone: 'warn' },
  { state: 'expired', word: 'Expired', tone: 'bad' },
  { state: 'revoked', word: 'Revoked', tone: 'off' },
] as const

const DAY_MS = 86_400_000
const EXPIRY = [
  { value: '7', label: 'Within 7 days' },
  { value: '30', label: 'Within 30 days' },
  { value: '90', label: 'Within 90 days' },
]

const ROLES = [
  { value: 'device', label: 'Device' },
  { value: 'console', label: 'Console' },
  { value: 'registry', label: 'Registry' },
  { value: 'internal', label: 'Muster’s own too' },
]

interface FilterBarProps {
  readonly filter: CredentialFilter
  readonly counts: CredentialCounts | undefined
  readonly onChange: (filter: CredentialFilter) => void
}

/** Which credentials are shown. */
export function FilterBar({ filter, counts, onChange }: FilterBarProps) {
  return (
    <div className={styles.tools} role="search" aria-label="Credentials">
      <StateFilter
        legend="Show credentials by state"
        choices={STATES}
        countOf={(state) => counts?.[state]}
        value={filter.state}
        onChange={(state) => onChange({ ...filter, state })}
      />
      <div className={styles.fields}>
        <TextInput
          className={styles.search ?? ''}
          aria-label="Search the credentials"
          placeholder="Search name, key, fingerprint"
          leftSection={<IconSearch size={16} />}
          maxLength={200}
          value={filter.text}
          onChange={(event) => onChange({ ...filter, text: event.currentTarget.value })}
        />
        <Select
          aria-label="Expiry"
          placeholder="Any expiry"
          className={styles.choice ?? ''}
          data={EXPIRY}
          clearable
          value={daysOf(filter)}
          onChange={(days) => onChange({ ...filter, expiresBefore: momentOf(days) })}
        />
        <Select
          aria-label="Role"
          placeholder="Any role"
          className={styles.choice ?? ''}
          data={ROLES}
          clearable
          value={filter.internal ? 'internal' : filter.role}
          onChange={(role) =>
            onChange({
              ...filter,
              internal: role === 'internal',
              role: role === 'internal' ? null : role,
            })
          }
        />
      </div>
    </div>
  )
}

/** The end of that day, so that the same choice is the same question for a day. */
function momentOf(days: string | null): string | null {
  if (days === null) return null
  const end = Math.ceil(Date.now() / DAY_MS + Number(days)) * DAY_MS
  return new Date(end).toISOString()
}

function daysOf({ expiresBefore }: CredentialFilter): string | null {
  if (expiresBefore === null) return null
  const days = (Date.parse(expiresBefore) - Date.now()) / DAY_MS
  return EXPIRY.find(({ value }) => Math.abs(Number(value) - days) < 2)?.value ?? null
}
