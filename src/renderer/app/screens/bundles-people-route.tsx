import { PeoplePage } from '../../features/bundles/components/people-page.tsx'
import { TabbedScreen } from '../../ui/screen-tabs.tsx'
import { BUNDLES_TABS } from './bundles-tabs.ts'

export function BundlesPeopleRoute() {
  return (
    <TabbedScreen
      title="Bundles"
      subtitle="People whom bundles can be sealed to"
      tabs={BUNDLES_TABS}
    >
      <PeoplePage />
    </TabbedScreen>
  )
}
