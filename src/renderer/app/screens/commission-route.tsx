import { useNavigate, useSearch } from '@tanstack/react-router'
import {
  CommissionScreen,
  type CommissionSelection,
} from '../../features/commissioning/components/commission-screen.tsx'
import { useMesh } from '../../lib/live/mesh.ts'
import { useTenants } from '../../lib/live/tenants.ts'
import { useUiState } from '../ui-state.ts'

export function CommissionRoute() {
  const { device, job, find } = useSearch({ from: '/commission' })
  const navigate = useNavigate()
  const tenants = useTenants()
  const mesh = useMesh()
  const preferredTenant = useUiState((state) => state.tenant)
  return (
    <CommissionScreen
      selection={selectionOf(device, job)}
      onSelect={(selection) =>
        void navigate({ to: '/commission', search: searchOf(selection), replace: true })
      }
      awaited={find ?? null}
      tenants={tenants}
      preferredTenant={preferredTenant}
      canIssue={mesh?.canIssue ?? false}
      onOpenDevice={({ tenant, deviceId }) =>
        void navigate({ to: '/fleet', search: { tenant, device: deviceId } })
      }
    />
  )
}

function selectionOf(
  device: string | undefined,
  job: string | undefined,
): CommissionSelection | null {
  if (device !== undefined) return { type: 'device', key: device }
  return job === undefined ? null : { type: 'job', id: job }
}

function searchOf(selection: CommissionSelection | null): { device?: string; job?: string } {
  if (selection === null) return {}
  return selection.type === 'device' ? { device: selection.key } : { job: selection.id }
}
