import { TransferPage } from '../../features/nsc/components/transfer-page.tsx'
import { TabbedScreen } from '../../ui/screen-tabs.tsx'
import { KEYS_TABS } from './keys-tabs.ts'

export function TransferRoute() {
  return (
    <TabbedScreen
      title="Keys"
      subtitle="What nsc and the nats CLI keep, brought in and written out"
      tabs={KEYS_TABS}
    >
      <TransferPage />
    </TabbedScreen>
  )
}
