import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { TenantViewScreen } from '../../features/tenants/components/tenant-view-screen.tsx'

export function TenantViewRoute() {
  const { tenant } = useParams({ from: '/tenants/$tenant/view' })
  const { tab } = useSearch({ from: '/tenants/$tenant/view' })
  const navigate = useNavigate()
  return (
    <TenantViewScreen
      key={tenant}
      tenant={tenant}
      tab={tab}
      onTab={(next) =>
        void navigate({
          to: '/tenants/$tenant/view',
          params: { tenant },
          search: { tab: next },
          replace: true,
        })
      }
      onLeave={() => void navigate({ to: '/tenants', search: { tenant } })}
    />
  )
}
