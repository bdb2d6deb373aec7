import { useState } from 'react'
import type { KeychainStatus } from '#shared/contract/keychain.ts'

/** Whether the keychain has been open at any time since this window opened. */
export function useWasOpen(keychain: KeychainStatus | undefined): boolean {
  const [wasOpen, setWasOpen] = useState(false)
  const isOpen = keychain?.state === 'open'
  if (isOpen && !wasOpen) setWasOpen(true)
  return wasOpen || isOpen
}
