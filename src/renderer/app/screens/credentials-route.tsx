import { useState } from 'react'
import { Button } from '@mantine/core'
import { IconUserCancel } from '@tabler/icons-react'
import { useNavigate, useSearch } from '@tanstack/react-router'
import type { Credential } from '#shared/contract/credentials.ts'
import { CredentialPanel } from '../../features/credentials/components/credential-panel.tsx'
import { CredentialsScreen } from '../../features/credentials/components/credentials-screen.tsx'
import {
  RevokeDialog,
  type RevokeSubject,
} from '../../features/credentials/components/revoke-dialog.tsx'
import { useTenants } from '../../lib/live/tenants.ts'
import { TabbedScreen } from '../../ui/screen-tabs.tsx'
import { useUiState } from '../ui-state.ts'
import { useCredentialsTabs } from './credentials-tabs.ts'

export function CredentialsRoute() {
  const { credential, revoke, text } = useSearch({ from: '/credentials' })
  const navigate = useNavigate()
  const tenant = useUiState((state) => state.tenant)
  const tenants = useTenants()
  const tabs = useCredentialsTabs()
  const [asked, setAsked] = useState<RevokeSubject | null>(null)
  const select = (id: string | null) =>
    void navigate({
      to: '/credentials',
      search: id === null ? {} : { credential: id },
      replace: credential !== undefined,
    })
  const linked: RevokeSubject | null =
    revoke === undefined ? null : { type: 'target', target: { type: 'credentials', ids: [revoke] } }
  const revokeAll = (ids: readonly string[]) =>
    setAsked({ type: 'target', target: { type: 'credentials', ids: [...ids] } })
  return (
    <TabbedScreen
      title="Credentials"
      subtitle="What was issued, to whom, until when"
      tabs={tabs}
      actions={
        <Button
          variant="default"
          leftSection={<IconUserCancel size={16} />}
          onClick={() => setAsked({ type: 'choose-tenant' })}
        >
          Revoke a whole tenant…
        </Button>
      }
    >
      <CredentialsScreen
        tenant={tenant}
        search={text ?? ''}
        selected={credential ?? null}
        onSelect={select}
        onRevoke={revokeAll}
        onShowRevocation={(id) => setAsked({ type: 'progress', ids: [id] })}
        onCommission={() => void navigate({ to: '/commission' })}
        detail={
          credential === undefined ? null : (
            <CredentialPanel
              id={credential}
              onClose={() => select(null)}
              onSelect={select}
              onRevoke={() => revokeAll([credential])}
              actions={actionsOf(
                (renew) => void navigate({ to: '/credentials/expiry', search: { renew } }),
                (id) => void navigate({ to: '/credentials/doctor', search: { credential: id } }),
                (of, devices) => void navigate({ to: '/bundles', search: { tenant: of, devices } }),
              )}
              onOpenReceipt={(receipt) =>
                void navigate({ to: '/bundles/receipts', search: { receipt } })
              }
              onOpenDevice={(of, deviceId) =>
                void navigate({ to: '/fleet', search: { tenant: of, device: deviceId } })
              }
            />
          )
        }
      />
      <RevokeDialog
        subject={asked ?? linked}
        tenants={(tenants ?? []).map(({ name }) => name)}
        onClose={() => {
          setAsked(null)
          if (revoke !== undefined) select(credential ?? revoke)
        }}
      />
    </TabbedScreen>
  )
}

/** Offers the renewal of a credential that has one to come, its hand-over, and a look at any. */
function actionsOf(
  onRenew: (id: string) => void,
  onDiagnose: (id: string) => void,
  onHandOver: (tenant: string, deviceId: string) => void,
) {
  return ({ id, state, role, tenant, deviceId }: Credential) => (
    <>
      {(state === 'active' || state === 'expired') && role !== 'system' && (
        <Button size="xs" variant="default" onClick={() => onRenew(id)}>
          Renew…
        </Button>
      )}
      {state === 'active' && tenant !== null && deviceId !== null && (
        <Button size="xs" variant="default" onClick={() => onHandOver(tenant, deviceId)}>
          Hand over…
        </Button>
      )}
      <Button size="xs" variant="default" onClick={() => onDiagnose(id)}>
        Diagnose
      </Button>
    </>
  )
}
