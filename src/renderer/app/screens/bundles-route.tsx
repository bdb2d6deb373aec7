import { useNavigate, useSearch } from '@tanstack/react-router'
import { CreatePage } from '../../features/bundles/components/create-page.tsx'
import { TabbedScreen } from '../../ui/screen-tabs.tsx'
import { useUiState } from '../ui-state.ts'
import { BUNDLES_TABS } from './bundles-tabs.ts'

export function BundlesRoute() {
  const search = useSearch({ from: '/bundles' })
  const navigate = useNavigate()
  const current = useUiState((state) => state.tenant)
  const tenant = search.tenant ?? current ?? ''
  const devices = (search.devices ?? '').split(',').filter((id) => id !== '')
  const kind = search.tenant !== undefined && devices.length === 0 ? 'tenant' : 'devices'
  return (
    <TabbedScreen title="Bundles" subtitle="Credentials that are handed over" tabs={BUNDLES_TABS}>
      <CreatePage
        key={`${search.tenant ?? ''} ${search.devices ?? ''}`}
        tenant={tenant}
        devices={devices}
        kind={kind}
        onShowReceipt={(receipt) => void navigate({ to: '/bundles/receipts', search: { receipt } })}
      />
    </TabbedScreen>
  )
}
