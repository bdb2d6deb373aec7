import { useDeferredValue, useState, type ReactNode } from 'react'
import { Button, TextInput } from '@mantine/core'
import { IconSearch, IconServer2 } from '@tabler/icons-react'
import type { DeviceAddress, FleetDevice } from '#shared/contract/fleet.ts'
import { deviceOf, fleetKey, type FleetState } from '../../../lib/live/fleet-state.ts'
import { useFleet } from '../../../lib/live/fleet.ts'
import { ListTable } from '../../../ui/data-table/list-table.tsx'
import { LoadingRows } from '../../../ui/data-table/loading-rows.tsx'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { NothingFits } from '../../../ui/nothing-fits.tsx'
import { Notice } from '../../../ui/notice.tsx'
import { ListDetail, PageHeader } from '../../../ui/page.tsx'
import { isSelector, useSelection, type Selection } from '../api/select-devices.ts'
import { useFleetView, type FleetQuery } from '../hooks/use-fleet-view.ts'
import { FLEET_COLUMNS } from './fleet-columns.tsx'
import styles from './fleet-screen.module.css'
import { StateFilterBar } from './state-filter.tsx'

interface FleetScreenProps {
  /** Shows this tenant only; null for all. */
  readonly tenant: string | null
  readonly selected: DeviceAddress | null
  readonly onSelect: (address: DeviceAddress) => void
  readonly onDeselect: () => void
  readonly onCommission: () => void
  /** What stands beside the list while a device is chosen. */
  readonly detail: ReactNode | null
}

/** Every device of the mesh, live. */
export function FleetScreen(props: FleetScreenProps) {
  const fleet = useFleet()
  return (
    <ListDetail detail={props.detail} wide>
      {fleet === undefined ? (
        <>
          <PageHeader title="Fleet" />
          <LoadingRows label="The fleet is being loaded" {...LOADING} />
        </>
      ) : (
        <FleetList {...props} fleet={fleet} />
      )}
    </ListDetail>
  )
}

function FleetList(props: FleetScreenProps & { readonly fleet: FleetState }) {
  const { fleet, tenant, selected, onSelect, onDeselect, onCommission, detail } = props
  const [chosen, setChosen] = useState<Omit<FleetQuery, 'tenant' | 'keys'>>({
    search: '',
    state: 'all',
    sortBy: 'deviceId',
    descending: false,
  })
  const [cursor, setCursor] = useState<string | null>(null)
  // Typing stays quick while a large fleet is searched.
  const search = useDeferredValue(chosen.search)
  const selection = useSelection(search, tenant)
  // A selector that is not right yet chooses nothing and hides nothing.
  const isWrong = selection?.problem !== undefined
  const { devices, counts } = useFleetView(fleet, {
    ...chosen,
    search: isWrong ? '' : search,
    keys: isWrong || selection === undefined ? undefined : (selection.keys ?? NO_KEYS),
    tenant,
  })
  const isOpen = detail !== null && selected !== null
  const activeKey = isOpen ? fleetKey(selected) : cursor
  const activate = (device: FleetDevice) => {
    setCursor(fleetKey(device))
    // With the details open they follow the keyboard.
    if (isOpen) onSelect(device)
  }
  const open = (device: FleetDevice) => {
    setCursor(fleetKey(device))
    onSelect(device)
  }
  const banner = fleet.stale && <StaleBanner />
  if (counts.all === 0) {
    return (
      <>
        <PageHeader title="Fleet" />
        {banner}
        <NoDevices tenant={tenant} onCommission={onCommission} />
      </>
    )
  }
  return (
    <>
      <div className={styles.tools}>
        <h1 className={styles.title}>Fleet</h1>
        <StateFilterBar
          counts={counts}
          value={chosen.state}
          onChange={(state) => setChosen({ ...chosen, state })}
        />
        <TextInput
          className={(isSelector(chosen.search) ? styles.selector : styles.search) ?? ''}
          aria-label="Search the fleet"
          placeholder="Search, or device(type:camera)"
          title={SEARCH_HELP}
          classNames={isSelector(chosen.search) ? { input: 'm-mono' } : {}}
          leftSection={<IconSearch size={16} />}
          value={chosen.search}
          onChange={(event) => setChosen({ ...chosen, search: event.currentTarget.value })}
        />
      </div>
      {banner}
      {selection !== undefined && <SelectionNotice selection={selection} />}
      {devices.length === 0 ? (
        <NothingFits
          title="No device fits"
          text="Search and state filter leave nothing over."
          action="Show all devices"
          onClear={() => setChosen({ ...chosen, search: '', state: 'all' })}
        />
      ) : (
        <ListTable
          label="Devices"
          columns={FLEET_COLUMNS}
          rows={devices}
          keyOf={fleetKey}
          newest={(device) => deviceOf(fleet, fleetKey(device)) ?? device}
          order={{ by: chosen.sortBy, descending: chosen.descending }}
          onOrder={({ by, descending }) => setChosen({ ...chosen, sortBy: by, descending })}
          active={activeKey}
          onActivate={activate}
          onOpen={open}
          onEscape={onDeselect}
        />
      )}
    </>
  )
}

/** What is wrong with a selector, or that it addresses more than is shown. */
function SelectionNotice({ selection: { problem, truncated } }: { selection: Selection }) {
  if (problem !== undefined) {
    const [what, ...drawing] = problem.message.split('\n')
    return (
      <div className={styles.banner}>
        <Notice tone="warn" title={what} urgent>
          {drawing.length > 0 && <pre className={styles.drawing}>{drawing.join('\n')}</pre>}
          {problem.advice}
        </Notice>
      </div>
    )
  }
  if (!truncated) return null
  return (
    <div className={styles.banner}>
      <Notice tone="info" title="More devices fit than are shown">
        Narrow the selector, for example by location.
      </Notice>
    </div>
  )
}

function StaleBanner() {
  return (
    <div className={styles.banner}>
      <Notice tone="warn" title="The registry does not answer">
        This is what it said last; states may have changed since. Muster starts it again by itself.
      </Notice>
    </div>
  )
}

function NoDevices({ tenant, onCommission }: { tenant: string | null; onCommission: () => void }) {
  return (
    <EmptyState
      icon={IconServer2}
      title={tenant === null ? 'No devices yet' : 'No devices in this tenant'}
      actions={<Button onClick={onCommission}>Commission a device</Button>}
    >
      A device appears here as soon as it is commissioned and has connected to the mesh.
    </EmptyState>
  )
}

const NO_KEYS: ReadonlySet<string> = new Set()

const SEARCH_HELP =
  'Words of id, type, location, tenant, maker or firmware; or a selector of devices online: device(category:camera,location:hall*), function(direction:write)'

/** As of a state, an id, a type, a place and a time. */
const LOADING = {
  template: '7.5rem 2fr 1.4fr 1.4fr 7rem',
  widths: ['4rem', '11rem', '8rem', '9rem', '4.5rem'],
} as const
