import { useNavigate, useSearch } from '@tanstack/react-router'
import {
  EnrollmentPage,
  NewTokenButton,
} from '../../features/bundles/components/enrollment-page.tsx'
import { TabbedScreen } from '../../ui/screen-tabs.tsx'
import { useUiState } from '../ui-state.ts'
import { BUNDLES_TABS } from './bundles-tabs.ts'

export function BundlesEnrollmentRoute() {
  const { enrollment } = useSearch({ from: '/bundles/enrollment' })
  const tenant = useUiState((state) => state.tenant)
  const navigate = useNavigate()
  return (
    <TabbedScreen
      title="Bundles"
      subtitle="Tokens that fetch a package, once"
      actions={<NewTokenButton tenant={tenant ?? ''} />}
      tabs={BUNDLES_TABS}
    >
      <EnrollmentPage
        enrollment={enrollment}
        onOpen={(id) =>
          void navigate({
            to: '/bundles/enrollment',
            search: id === undefined ? {} : { enrollment: id },
            replace: true,
          })
        }
      />
    </TabbedScreen>
  )
}
