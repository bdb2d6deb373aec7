import { useNavigate, useSearch } from '@tanstack/react-router'
import { ReceiptsPage } from '../../features/bundles/components/receipts-page.tsx'
import { TabbedScreen } from '../../ui/screen-tabs.tsx'
import { BUNDLES_TABS } from './bundles-tabs.ts'

export function BundlesReceiptsRoute() {
  const { receipt } = useSearch({ from: '/bundles/receipts' })
  const navigate = useNavigate()
  return (
    <TabbedScreen
      title="Bundles"
      subtitle="What left this computer, and who has it"
      tabs={BUNDLES_TABS}
    >
      <ReceiptsPage
        receipt={receipt}
        onOpen={(id) =>
          void navigate({
            to: '/bundles/receipts',
            search: id === undefined ? {} : { receipt: id },
            replace: true,
          })
        }
        onCreate={() => void navigate({ to: '/bundles' })}
      />
    </TabbedScreen>
  )
}
