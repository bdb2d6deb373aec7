import type { ScreenTab } from '../../ui/screen-tabs.tsx'

/** The pages of Keys, in their order. */
export const KEYS_TABS: readonly ScreenTab[] = [
  { to: '/keys', name: 'Keys' },
  { to: '/keys/roles', name: 'Roles' },
  { to: '/keys/resolver', name: 'Resolver' },
  { to: '/keys/recovery', name: 'Recovery kit' },
  { to: '/keys/transfer', name: 'Import and export' },
]
