import { useNavigate, useSearch } from '@tanstack/react-router'
import { ResolverPage } from '../../features/resolver/components/resolver-page.tsx'
import { TabbedScreen } from '../../ui/screen-tabs.tsx'
import { KEYS_TABS } from './keys-tabs.ts'

export function ResolverRoute() {
  const { account } = useSearch({ from: '/keys/resolver' })
  const navigate = useNavigate()
  const select = (publicKey: string | null) =>
    void navigate({
      to: '/keys/resolver',
      search: publicKey === null ? {} : { account: publicKey },
      replace: true,
    })
  return (
    <TabbedScreen title="Keys" subtitle="What each server has of every account" tabs={KEYS_TABS}>
      <ResolverPage
        selected={account ?? null}
        onSelect={select}
        onSettings={() => void navigate({ to: '/settings' })}
      />
    </TabbedScreen>
  )
}
