import { useNavigate, useSearch } from '@tanstack/react-router'
import { IsolationScreen } from '../../features/isolation/components/isolation-screen.tsx'
import { useMesh } from '../../lib/live/mesh.ts'
import { useTenants } from '../../lib/live/tenants.ts'

export function IsolationRoute() {
  const { report } = useSearch({ from: '/tenants/isolation' })
  const navigate = useNavigate()
  const tenants = useTenants()
  const mesh = useMesh()
  return (
    <IsolationScreen
      tenants={tenants}
      canIssue={mesh?.canIssue ?? false}
      reportId={report ?? null}
      onReport={(id) =>
        void navigate({
          to: '/tenants/isolation',
          search: id === null ? {} : { report: id },
          replace: true,
        })
      }
      onBack={() => void navigate({ to: '/tenants' })}
    />
  )
}
