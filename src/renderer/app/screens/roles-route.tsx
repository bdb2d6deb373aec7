import { useNavigate, useSearch } from '@tanstack/react-router'
import { RolesPage } from '../../features/keys/components/roles-page.tsx'
import { TabbedScreen } from '../../ui/screen-tabs.tsx'
import { KEYS_TABS } from './keys-tabs.ts'

export function RolesRoute() {
  const { role } = useSearch({ from: '/keys/roles' })
  const navigate = useNavigate()
  return (
    <TabbedScreen title="Keys" subtitle="What each role may say and hear" tabs={KEYS_TABS}>
      <RolesPage
        chosen={role ?? null}
        onChoose={(name) =>
          void navigate({ to: '/keys/roles', search: { role: name }, replace: true })
        }
      />
    </TabbedScreen>
  )
}
