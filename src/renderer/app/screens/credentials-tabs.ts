import type { ScreenTab } from '../../ui/screen-tabs.tsx'

/** The pages of Credentials, in their order. */
export const CREDENTIALS_TABS: readonly ScreenTab[] = [{ to: '/credentials', name: 'Credentials' }]
