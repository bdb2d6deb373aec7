import type { ScreenTab } from '../../ui/screen-tabs.tsx'

/** The pages of Keys, in their order. */
export const KEYS_TABS: readonly ScreenTab[] = [{ to: '/keys/recovery', name: 'Recovery kit' }]
