import { useNavigate, useSearch } from '@tanstack/react-router'
import { DevicePanel } from '../../features/device/components/device-panel.tsx'
import { deviceTab } from '../../features/device/components/device-view.tsx'
import { FleetScreen } from '../../features/fleet/components/fleet-screen.tsx'
import { useUiState } from '../ui-state.ts'

export function FleetRoute() {
  const { tenant, device, tab } = useSearch({ from: '/fleet' })
  const navigate = useNavigate()
  const shownTenant = useUiState((state) => state.tenant)
  const selected =
    tenant === undefined || device === undefined ? null : { tenant, deviceId: device }
  const close = () => void navigate({ to: '/fleet', search: {}, replace: true })
  return (
    <FleetScreen
      tenant={shownTenant}
      selected={selected}
      onSelect={(address) =>
        void navigate({
          to: '/fleet',
          search: (old) => ({ ...old, tenant: address.tenant, device: address.deviceId }),
          replace: selected !== null,
        })
      }
      onDeselect={close}
      onCommission={() => void navigate({ to: '/commission' })}
      detail={
        selected && (
          <DevicePanel
            address={selected}
            tab={deviceTab(tab)}
            onTab={(next) =>
              void navigate({
                to: '/fleet',
                search: (old) => ({ ...old, tab: next }),
                replace: true,
              })
            }
            onExpand={() =>
              void navigate({
                to: '/fleet/$tenant/$deviceId',
                params: selected,
                search: tab === undefined ? {} : { tab },
              })
            }
            onHandOver={() =>
              void navigate({
                to: '/bundles',
                search: { tenant: selected.tenant, devices: selected.deviceId },
              })
            }
            onClose={close}
          />
        )
      }
    />
  )
}
