import { Button } from '@mantine/core'
import { IconRadar2, IconSearchOff } from '@tabler/icons-react'
import type { DiscoveryHealth } from '#shared/contract/discovery.ts'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { useRefreshDiscovery } from '../api/refresh-discovery.ts'

interface NothingWaitingProps {
  readonly health: DiscoveryHealth
  /** What the list was searched for; empty where it was not. */
  readonly search: string
  readonly onClearSearch: () => void
}

/** Why the list is empty and what to check at the device and the network. */
export function NothingWaiting({ health, search, onClearSearch }: NothingWaitingProps) {
  const refresh = useRefreshDiscovery()
  if (search !== '') {
    return (
      <EmptyState
        icon={IconSearchOff}
        title="No waiting device fits this search"
        actions={
          <Button variant="default" onClick={onClearSearch}>
            Show all
          </Button>
        }
      />
    )
  }
  return (
    <EmptyState
      icon={IconRadar2}
      title="No device is waiting"
      actions={
        <Button
          variant="default"
          loading={refresh.isPending}
          onClick={() => refresh.mutate(undefined)}
        >
          Search again
        </Button>
      }
    >
      Devices appear here by themselves as soon as they announce themselves. If one does not:
      <ul>
        <li>Has it power, and is it not commissioned yet?</li>
        <li>Is it in the same network as this computer? {whereText(health)}</li>
        <li>
          Networks that keep devices apart (guest Wi-Fi, VLANs) hide announcements: use{' '}
          <strong>Add by address</strong> then.
        </li>
      </ul>
    </EmptyState>
  )
}

function whereText(health: DiscoveryHealth): string {
  const working = health.interfaces.filter(({ error }) => error === null)
  if (working.length === 0) return 'Muster cannot listen on any network now.'
  return `Muster listens on ${working.map(({ name, address }) => `${name} (${address})`).join(', ')}.`
}
