import { useNavigate, useSearch } from '@tanstack/react-router'
import { KeysPage } from '../../features/keys/components/keys-page.tsx'
import { TabbedScreen } from '../../ui/screen-tabs.tsx'
import { KEYS_TABS } from './keys-tabs.ts'

export function KeysRoute() {
  const { account } = useSearch({ from: '/keys' })
  const navigate = useNavigate()
  return (
    <TabbedScreen
      title="Keys"
      subtitle="Who signs for the operator and its accounts"
      tabs={KEYS_TABS}
    >
      <KeysPage
        selected={account ?? null}
        onSelect={(publicKey) =>
          void navigate({
            to: '/keys',
            search: { account: publicKey },
            replace: account !== undefined,
          })
        }
        onDeselect={() => void navigate({ to: '/keys', search: {}, replace: true })}
        onOpenRenewal={() => void navigate({ to: '/credentials/expiry' })}
        onOpenRecovery={() => void navigate({ to: '/keys/recovery' })}
      />
    </TabbedScreen>
  )
}
