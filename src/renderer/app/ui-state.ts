import { create } from 'zustand'

interface UiState {
  /** Lists show this tenant only; null for all. */
  readonly tenant: string | null
  readonly setTenant: (tenant: string | null) => void
  /** The first-run steps stay on the screen until the person leaves them. */
  readonly firstRunOpen: boolean
  readonly setFirstRunOpen: (open: boolean) => void
}

/** What the person chose in this window and main need not know. */
export const useUiState = create<UiState>()((set) => ({
  tenant: null,
  setTenant: (tenant) => set({ tenant }),
  firstRunOpen: false,
  setFirstRunOpen: (firstRunOpen) => set({ firstRunOpen }),
}))
