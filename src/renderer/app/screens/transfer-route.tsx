import { Button } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { TransferPage } from '../../features/nsc/components/transfer-page.tsx'
import { TabbedScreen } from '../../ui/screen-tabs.tsx'
import { KEYS_TABS } from './keys-tabs.ts'

export function TransferRoute() {
  const navigate = useNavigate()
  return (
    <TabbedScreen
      title="Keys"
      subtitle="What nsc and the nats CLI keep, brought in and written out"
      tabs={KEYS_TABS}
    >
      <TransferPage
        next={
          <Button onClick={() => void navigate({ to: '/settings' })}>
            Choose where the mesh runs
          </Button>
        }
      />
    </TabbedScreen>
  )
}
