import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { DevicePage } from '../../features/device/components/device-page.tsx'
import { deviceTab } from '../../features/device/components/device-view.tsx'

export function DeviceRoute() {
  const address = useParams({ from: '/fleet/$tenant/$deviceId' })
  const { tab } = useSearch({ from: '/fleet/$tenant/$deviceId' })
  const navigate = useNavigate()
  const { tenant, deviceId } = address
  return (
    <DevicePage
      address={address}
      tab={deviceTab(tab)}
      onTab={(next) =>
        void navigate({
          to: '/fleet/$tenant/$deviceId',
          params: address,
          search: { tab: next },
          replace: true,
        })
      }
      onBack={() => void navigate({ to: '/fleet', search: { tenant, device: deviceId } })}
    />
  )
}
