import { useDeferredValue, useState, type ReactNode } from 'react'
import { Button, CloseButton, TextInput } from '@mantine/core'
import { IconCalendarTime, IconRefresh, IconSearch } from '@tabler/icons-react'
import type { ExpiryCalendar as Calendar, ExpiryFilter } from '#shared/contract/renewal.ts'
import type { RenewalSelection } from '#shared/contract/renewal.ts'
import { counted } from '../../../lib/counted.ts'
import { useRenewals } from '../../../lib/live/renewals.ts'
import { problemOf } from '../../../lib/problem.ts'
import { SelectionBar } from '../../../ui/data-table/selection-bar.tsx'
import { useSelection, type Selection } from '../../../ui/data-table/use-selection.ts'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { NothingFits } from '../../../ui/nothing-fits.tsx'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { ListDetail } from '../../../ui/page.tsx'
import { StateFilter } from '../../../ui/state-filter.tsx'
import { useCalendar, useFreshExpiry, useTotal } from '../api/use-expiry.ts'
import { momentsOf, stretchText, type Stretch } from '../days.ts'
import { EVERYTHING } from '../renewal-words.ts'
import { ExpiryCalendar } from './expiry-calendar.tsx'
import { ExpiryTable, LoadingExpiry } from './expiry-table.tsx'
import styles from './expiry-screen.module.css'
import { OpenRenewals } from './open-renewals.tsx'

interface ExpiryScreenProps {
  /** Shows this tenant only; null for all. */
  readonly tenant: string | null
  /** What to search for at first. */
  readonly search: string
  readonly onRenew: (selection: RenewalSelection) => void
  readonly onOpen: (credentialId: string) => void
  readonly onShowJob: (id: string) => void
  readonly onCommission: () => void
  readonly detail: ReactNode | null
}

type Chosen = Pick<ExpiryFilter, 'status' | 'search'> & {
  readonly stretch: Pick<Stretch, 'first' | 'last'> | null
}

/** What expires when, and the way to renew it in time. */
export function ExpiryScreen(props: ExpiryScreenProps) {
  const { tenant, onRenew, detail } = props
  const renewals = useRenewals()
  useFreshExpiry(renewals?.expiry.revision ?? 0)
  const selection = useSelection()
  const [chosen, setChosen] = useState<Chosen>({
    status: 'all',
    search: props.search,
    stretch: null,
  })
  const search = useDeferredValue(chosen.search)
  const filter = filterOf({ ...chosen, search }, tenant)
  const calendar = useCalendar(tenant)
  const total = useTotal(filter)
  const change = (next: Partial<Chosen>) => {
    setChosen({ ...chosen, ...next })
    selection.clear()
  }
  const clear = () => change({ status: 'all', search: '', stretch: null })
  const error = calendar.error ?? total.error
  return (
    <ListDetail detail={detail} wide>
      <OpenRenewals onShow={props.onShowJob} />
      {error !== null && (
        <div className={styles.banner}>
          <ProblemNotice problem={problemOf(error)} />
        </div>
      )}
      {calendar.data?.total === 0 ? (
        <NothingIssued tenant={tenant} onCommission={props.onCommission} />
      ) : (
        <>
          {error === null && (
            <ExpiryCalendar
              calendar={calendar.data}
              chosen={chosen.stretch}
              onChoose={(stretch) => change({ stretch, status: 'all' })}
            />
          )}
          <FilterBar chosen={chosen} calendar={calendar.data} onChange={change} />
          {total.data === undefined && error === null && <LoadingExpiry />}
          {total.data === 0 && (
            <NothingFits
              title="No credential fits"
              text="Search and filters leave nothing over."
              action="Show all"
              onClear={clear}
            />
          )}
          {total.data !== undefined && total.data > 0 && (
            <>
              <RenewBar
                selection={selection}
                total={total.data}
                isNarrowed={filter.status !== 'all' || filter.search !== '' || filter.from !== null}
                onRenew={() =>
                  onRenew(selection.ids.size > 0 ? { ids: [...selection.ids] } : { filter })
                }
              />
              <ExpiryTable
                filter={filter}
                total={total.data}
                selection={selection}
                onOpen={props.onOpen}
              />
            </>
          )}
        </>
      )}
    </ListDetail>
  )
}

const STATES = [
  { state: 'all', word: 'All', tone: null },
  { state: 'due', word: 'Due', tone: 'warn' },
  { state: 'expired', word: 'Expired', tone: 'bad' },
  { state: 'ok', word: 'In force', tone: 'ok' },
] as const

interface FilterBarProps {
  readonly chosen: Chosen
  readonly calendar: Calendar | undefined
  readonly onChange: (change: Partial<Chosen>) => void
}

function FilterBar({ chosen, calendar, onChange }: FilterBarProps) {
  return (
    <div className={styles.tools} role="search" aria-label="What expires">
      <StateFilter
        legend="Show credentials by state"
        choices={STATES}
        countOf={(state) => calendar?.[state === 'all' ? 'total' : state]}
        value={chosen.status}
        onChange={(status) => onChange({ status })}
      />
      {chosen.stretch !== null && (
        <span className={styles.stretch}>
          Expires {stretchText(chosen.stretch)}
          <CloseButton
            size="xs"
            aria-label="Show every day"
            onClick={() => onChange({ stretch: null })}
          />
        </span>
      )}
      <TextInput
        className={styles.search ?? ''}
        aria-label="Search what expires"
        placeholder="Search device, name, tenant, key"
        leftSection={<IconSearch size={16} />}
        maxLength={200}
        value={chosen.search}
        onChange={(event) => onChange({ search: event.currentTarget.value })}
      />
    </div>
  )
}

interface RenewBarProps {
  readonly selection: Selection
  readonly total: number
  readonly isNarrowed: boolean
  readonly onRenew: () => void
}

function RenewBar({ selection, total, isNarrowed, onRenew }: RenewBarProps) {
  const count = selection.ids.size
  return (
    <SelectionBar
      label="Renew credentials"
      selection={selection}
      status={
        count > 0
          ? `${counted(count, 'credential')} ticked`
          : `${counted(total, 'credential')}${isNarrowed ? ' fit the filter' : ''}. Tick some, or renew all of them.`
      }
    >
      <Button
        size="xs"
        variant={count > 0 ? 'filled' : 'default'}
        leftSection={<IconRefresh size={15} />}
        onClick={onRenew}
      >
        {count > 0 ? 'Renew…' : `Renew all ${total.toLocaleString('en')}…`}
      </Button>
    </SelectionBar>
  )
}

function NothingIssued(props: { tenant: string | null; onCommission: () => void }) {
  return (
    <EmptyState
      icon={IconCalendarTime}
      title={props.tenant === null ? 'Nothing can expire yet' : 'Nothing in this tenant can expire'}
      actions={<Button onClick={props.onCommission}>Commission a device</Button>}
    >
      Credentials of devices, registries and consoles stand here with the day on which they end.
      Muster’s own connections renew themselves and are not listed.
    </EmptyState>
  )
}

function filterOf({ status, search, stretch }: Chosen, tenant: string | null): ExpiryFilter {
  const moments = stretch === null ? { from: null, until: null } : momentsOf(stretch)
  return { ...EVERYTHING, tenant, status, search, ...moments }
}
