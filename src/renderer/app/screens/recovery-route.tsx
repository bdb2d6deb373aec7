import { RecoveryPage } from '../../features/recovery/components/recovery-page.tsx'
import { TabbedScreen } from '../../ui/screen-tabs.tsx'
import { KEYS_TABS } from './keys-tabs.ts'

export function RecoveryRoute() {
  return (
    <TabbedScreen
      title="Keys"
      subtitle="How to lose this computer and keep the fleet"
      tabs={KEYS_TABS}
    >
      <RecoveryPage />
    </TabbedScreen>
  )
}
