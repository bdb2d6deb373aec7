import { useState, type ReactNode } from 'react'
import { Modal } from '@mantine/core'
import { createSpotlight, Spotlight } from '@mantine/spotlight'
import {
  IconMoon,
  IconRadar2,
  IconRefresh,
  IconSearch,
  IconServer2,
  IconShieldCheck,
  IconStack2,
  IconSun,
} from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { DiscoveredDevice } from '#shared/contract/discovery.ts'
import type { FleetDevice } from '#shared/contract/fleet.ts'
import { useUpdateSettings } from '../../features/settings/api/update-settings.ts'
import { useApi } from '../../lib/connection/api-context.ts'
import { useDiscovery } from '../../lib/live/discovery.ts'
import { useFleet } from '../../lib/live/fleet.ts'
import { useTenants } from '../../lib/live/tenants.ts'
import { useUiState } from '../ui-state.ts'
import { fittingDevices, fittingWaiting, matches } from './palette-entries.ts'
import styles from './palette.module.css'
import { PLACES } from './rail.tsx'

const [store, palette] = createSpotlight()
const ICON_SIZE = 18

export function openPalette(): void {
  palette.open()
}

/** Ctrl-K or Cmd-K: every screen, device and action by its name. */
export function CommandPalette() {
  const [query, setQuery] = useState('')
  return (
    <Spotlight.Root
      store={store}
      query={query}
      onQueryChange={setQuery}
      shortcut={['mod + K']}
      tagsToIgnore={[]}
      scrollable
      maxHeight="min(28rem, 70vh)"
      size={600}
      yOffset="12vh"
      radius="lg"
      overlayProps={{ backgroundOpacity: 0.35, blur: 0 }}
      classNames={{
        search: styles.search ?? '',
        actionsGroup: styles.group ?? '',
        content: styles.content ?? '',
      }}
    >
      <Modal.Title className="m-hidden">Search Muster</Modal.Title>
      <Spotlight.Search
        placeholder="Search devices, screens and actions"
        aria-label="Search devices, screens and actions"
        leftSection={<IconSearch size={ICON_SIZE} stroke={1.75} />}
      />
      <Spotlight.ActionsList>
        <Entries query={query} />
      </Spotlight.ActionsList>
    </Spotlight.Root>
  )
}

// Not deferred: Spotlight marks the first entry in the microtask after the key, and a list that came
// later would have no mark, so that Enter did nothing.
function Entries({ query }: { query: string }) {
  const groups = [
    <DeviceGroup key="fleet" query={query} />,
    <WaitingGroup key="waiting" query={query} />,
    <ScreenGroup key="screens" query={query} />,
    <TenantGroup key="tenants" query={query} />,
    <ActionGroup key="actions" query={query} />,
  ]
  return <>{groups}</>
}

interface EntryProps {
  readonly icon: ReactNode
  readonly label: string
  readonly detail?: string
  readonly onRun: () => void
}

function Entry({ icon, label, detail, onRun }: EntryProps) {
  return (
    <Spotlight.Action onClick={onRun} className={styles.entry ?? ''}>
      <span className={styles.entryIcon}>{icon}</span>
      <bdi className="m-truncate">{label}</bdi>
      {detail !== undefined && (
        <bdi className={`m-truncate ${styles.entryDetail ?? ''}`}>{detail}</bdi>
      )}
    </Spotlight.Action>
  )
}

function DeviceGroup({ query }: { query: string }) {
  const fleet = useFleet()
  const navigate = useNavigate()
  const devices = fleet === undefined ? [] : fittingDevices(query, fleet.devices)
  if (devices.length === 0) return null
  const open = ({ tenant, deviceId }: FleetDevice) =>
    void navigate({ to: '/fleet', search: { tenant, device: deviceId } })
  return (
    <Spotlight.ActionsGroup label="Devices">
      {devices.map((device) => (
        <Entry
          key={`${device.tenant} ${device.deviceId}`}
          icon={<IconServer2 size={ICON_SIZE} stroke={1.75} />}
          label={device.deviceId}
          detail={`${device.state} in ${device.tenant}`}
          onRun={() => open(device)}
        />
      ))}
    </Spotlight.ActionsGroup>
  )
}

function WaitingGroup({ query }: { query: string }) {
  const discovery = useDiscovery()
  const navigate = useNavigate()
  const devices = discovery === undefined ? [] : fittingWaiting(query, discovery.devices.values())
  if (devices.length === 0) return null
  const open = ({ key }: DiscoveredDevice) =>
    void navigate({ to: '/commission', search: { device: key } })
  return (
    <Spotlight.ActionsGroup label="Waiting to be commissioned">
      {devices.map((device) => (
        <Entry
          key={device.key}
          icon={<IconRadar2 size={ICON_SIZE} stroke={1.75} />}
          label={device.deviceId}
          detail={device.addresses[0] ?? ''}
          onRun={() => open(device)}
        />
      ))}
    </Spotlight.ActionsGroup>
  )
}

function ScreenGroup({ query }: { query: string }) {
  const navigate = useNavigate()
  const places = PLACES.filter(({ name }) => matches(query, [name]))
  if (places.length === 0) return null
  return (
    <Spotlight.ActionsGroup label="Screens">
      {places.map(({ to, name, icon: Icon }) => (
        <Entry
          key={to}
          icon={<Icon size={ICON_SIZE} stroke={1.75} />}
          label={name}
          onRun={() => void navigate({ to })}
        />
      ))}
    </Spotlight.ActionsGroup>
  )
}

function TenantGroup({ query }: { query: string }) {
  const tenants = useTenants() ?? []
  const setTenant = useUiState((state) => state.setTenant)
  const fitting = tenants.filter(({ name }) => query !== '' && matches(query, ['tenant', name]))
  if (fitting.length === 0) return null
  return (
    <Spotlight.ActionsGroup label="Tenants">
      {fitting.slice(0, 5).map(({ name }) => (
        <Entry
          key={name}
          icon={<IconStack2 size={ICON_SIZE} stroke={1.75} />}
          label={name}
          detail="Show only this tenant"
          onRun={() => setTenant(name)}
        />
      ))}
    </Spotlight.ActionsGroup>
  )
}

function ActionGroup({ query }: { query: string }) {
  const { queries } = useApi()
  const navigate = useNavigate()
  const setTenant = useUiState((state) => state.setTenant)
  const refresh = useMutation(queries.discovery.refresh.mutationOptions())
  const settings = useUpdateSettings()
  const actions = [
    {
      name: 'Search the network for devices again',
      icon: IconRefresh,
      run: () => refresh.mutate(undefined),
    },
    {
      name: 'Prove that tenants are isolated',
      icon: IconShieldCheck,
      run: () => void navigate({ to: '/tenants/isolation', search: {} }),
    },
    { name: 'Show all tenants', icon: IconStack2, run: () => setTenant(null) },
    { name: 'Use light colours', icon: IconSun, run: () => settings.mutate({ theme: 'light' }) },
    { name: 'Use dark colours', icon: IconMoon, run: () => settings.mutate({ theme: 'dark' }) },
  ].filter(({ name }) => matches(query, [name]))
  if (actions.length === 0) return null
  return (
    <Spotlight.ActionsGroup label="Actions">
      {actions.map(({ name, icon: Icon, run }) => (
        <Entry key={name} icon={<Icon size={ICON_SIZE} stroke={1.75} />} label={name} onRun={run} />
      ))}
    </Spotlight.ActionsGroup>
  )
}
