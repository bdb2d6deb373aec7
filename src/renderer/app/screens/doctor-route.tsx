import { useMemo } from 'react'
import { useNavigate, useSearch } from '@tanstack/react-router'
import type { FindingAction } from '#shared/contract/doctor.ts'
import { DoctorScreen } from '../../features/doctor/components/doctor-screen.tsx'
import { TabbedScreen } from '../../ui/screen-tabs.tsx'
import { useCredentialsTabs } from './credentials-tabs.ts'

export function DoctorRoute() {
  const { credential, tenant, device } = useSearch({ from: '/credentials/doctor' })
  const navigate = useNavigate()
  const tabs = useCredentialsTabs()
  const subject = useMemo(() => {
    if (credential !== undefined) return { type: 'credential' as const, id: credential }
    if (tenant === undefined || device === undefined) return null
    return { type: 'device' as const, tenant, deviceId: device }
  }, [credential, tenant, device])
  const follow = (action: FindingAction) => {
    switch (action.type) {
      case 'renew':
        return void navigate({
          to: '/credentials/expiry',
          search: { renew: action.credential },
        })
      case 'credential':
        return void navigate({
          to: '/credentials',
          search: { credential: action.credential },
        })
      case 'tenant':
        return void navigate({ to: '/tenants', search: { tenant: action.tenant } })
      case 'resolver':
        return void navigate({ to: '/keys/resolver' })
      case 'commission':
        return void navigate({ to: '/commission' })
    }
  }
  return (
    <TabbedScreen
      title="Credentials"
      subtitle="Why one does not get in, and what to do about it"
      tabs={tabs}
    >
      <DoctorScreen
        subject={subject}
        onAction={follow}
        onClear={() => void navigate({ to: '/credentials/doctor', search: {}, replace: true })}
      />
    </TabbedScreen>
  )
}
