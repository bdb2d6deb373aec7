import { useToRenewCount } from '../../lib/live/renewals.ts'
import type { ScreenTab } from '../../ui/screen-tabs.tsx'

/** The pages of Credentials, in their order. */
const CREDENTIALS_TABS: readonly ScreenTab[] = [
  { to: '/credentials', name: 'Credentials' },
  { to: '/credentials/expiry', name: 'Expiry' },
  { to: '/credentials/doctor', name: 'Access doctor' },
]

/** The same, with what waits for the person on each. */
export function useCredentialsTabs(): readonly ScreenTab[] {
  const count = useToRenewCount()
  return CREDENTIALS_TABS.map((tab) => (tab.to === '/credentials/expiry' ? { ...tab, count } : tab))
}
