import { Button } from '@mantine/core'
import { IconShieldCheck } from '@tabler/icons-react'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { TenantQueue } from '../../features/queue/components/tenant-queue.tsx'
import { AccountHistory } from '../../features/resolver/components/account-history.tsx'
import { TenantPanel } from '../../features/tenants/components/tenant-panel.tsx'
import { TenantsScreen } from '../../features/tenants/components/tenants-screen.tsx'
import { useTenants } from '../../lib/live/tenants.ts'
import { useUiState } from '../ui-state.ts'

export function TenantsRoute() {
  const { tenant, tab } = useSearch({ from: '/tenants' })
  const navigate = useNavigate()
  const setShownTenant = useUiState((state) => state.setTenant)
  const select = (name: string) =>
    void navigate({
      to: '/tenants',
      search: (old) => ({ ...old, tenant: name }),
      replace: tenant !== undefined,
    })
  const close = () => void navigate({ to: '/tenants', search: {}, replace: true })
  const account = useTenants()?.find(({ name }) => name === tenant)?.account ?? null
  const extraTabs =
    tenant === undefined || account === null
      ? []
      : [
          {
            value: 'queue',
            name: 'Queue',
            panel: (
              <TenantQueue
                tenant={tenant}
                onOpenDevice={(deviceId) =>
                  void navigate({
                    to: '/fleet/$tenant/$deviceId',
                    params: { tenant, deviceId },
                    search: { tab: 'queue' },
                  })
                }
              />
            ),
          },
          {
            value: 'history',
            name: 'History',
            panel: <AccountHistory account={account} name={tenant} />,
          },
        ]
  return (
    <TenantsScreen
      selected={tenant ?? null}
      onSelect={select}
      onDeselect={close}
      actions={
        <Button
          variant="subtle"
          color="gray"
          leftSection={<IconShieldCheck size={16} />}
          onClick={() => void navigate({ to: '/tenants/isolation' })}
        >
          Isolation proof…
        </Button>
      }
      detail={
        tenant === undefined ? null : (
          <TenantPanel
            name={tenant}
            tab={tab}
            onTab={(next) =>
              void navigate({
                to: '/tenants',
                search: (old) => ({ ...old, tab: next }),
                replace: true,
              })
            }
            onClose={close}
            onView={() => void navigate({ to: '/tenants/$tenant/view', params: { tenant } })}
            onHandOver={() => void navigate({ to: '/bundles', search: { tenant } })}
            onOpenFleet={() => {
              setShownTenant(tenant)
              void navigate({ to: '/fleet' })
            }}
            onOpenTenant={select}
            extraTabs={extraTabs}
          />
        )
      }
    />
  )
}
