import { useState } from 'react'
import { useNavigate, useSearch } from '@tanstack/react-router'
import type { RenewalSelection } from '#shared/contract/renewal.ts'
import { ExpiryScreen } from '../../features/renewal/components/expiry-screen.tsx'
import { RenewDialog } from '../../features/renewal/components/renew-dialog.tsx'
import { RenewalPanel } from '../../features/renewal/components/renewal-panel.tsx'
import { TabbedScreen } from '../../ui/screen-tabs.tsx'
import { useUiState } from '../ui-state.ts'
import { useCredentialsTabs } from './credentials-tabs.ts'

export function ExpiryRoute() {
  const { job, search, renew } = useSearch({ from: '/credentials/expiry' })
  const navigate = useNavigate()
  const tenant = useUiState((state) => state.tenant)
  const tabs = useCredentialsTabs()
  const [asked, setAsked] = useState<RenewalSelection | null>(null)
  const linked: RenewalSelection | null = renew === undefined ? null : { ids: [renew] }
  const show = (id: string | undefined) =>
    void navigate({
      to: '/credentials/expiry',
      search: {
        ...(id === undefined ? {} : { job: id }),
        ...(search === undefined ? {} : { search }),
      },
      replace: true,
    })
  return (
    <TabbedScreen
      title="Credentials"
      subtitle="What expires when, and its renewal in time"
      tabs={tabs}
    >
      <ExpiryScreen
        key={search}
        tenant={tenant}
        search={search ?? ''}
        onRenew={setAsked}
        onOpen={(credential) => void navigate({ to: '/credentials', search: { credential } })}
        onShowJob={show}
        onCommission={() => void navigate({ to: '/commission' })}
        detail={
          job === undefined ? null : (
            <RenewalPanel
              key={job}
              id={job}
              onClose={() => show(undefined)}
              onRenew={setAsked}
              onCommission={(find) => void navigate({ to: '/commission', search: { find } })}
            />
          )
        }
      />
      <RenewDialog
        selection={asked ?? linked}
        onClose={() => {
          setAsked(null)
          if (renew !== undefined) show(job)
        }}
        onStarted={({ id }) => {
          setAsked(null)
          show(id)
        }}
      />
    </TabbedScreen>
  )
}
