import type { ScreenTab } from '../../ui/screen-tabs.tsx'

/** The pages of Bundles, in their order. */
export const BUNDLES_TABS: readonly ScreenTab[] = [
  { to: '/bundles', name: 'Create' },
  { to: '/bundles/open', name: 'Open' },
  { to: '/bundles/enrollment', name: 'Enrollment' },
  { to: '/bundles/people', name: 'Address book' },
  { to: '/bundles/receipts', name: 'Receipts' },
]
