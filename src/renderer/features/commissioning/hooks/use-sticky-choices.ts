import { create } from 'zustand'

interface StickyChoices {
  readonly tenant: string | null
  readonly zone: string
  readonly keep: (choices: { tenant: string; zone: string }) => void
}

/** What the last device was given, offered again for the next: a room is done in one go. */
export const useStickyChoices = create<StickyChoices>()((set) => ({
  tenant: null,
  zone: '',
  keep: (choices) => set(choices),
}))
