import { useNavigate } from '@tanstack/react-router'
import { OpenPage } from '../../features/bundles/components/open-page.tsx'
import { TabbedScreen } from '../../ui/screen-tabs.tsx'
import { BUNDLES_TABS } from './bundles-tabs.ts'

export function BundlesOpenRoute() {
  const navigate = useNavigate()
  return (
    <TabbedScreen
      title="Bundles"
      subtitle="What is in a bundle, and getting rid of it after delivery"
      tabs={BUNDLES_TABS}
    >
      <OpenPage onConnected={() => void navigate({ to: '/settings' })} />
    </TabbedScreen>
  )
}
