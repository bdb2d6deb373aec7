import { useEffect, useRef, type RefObject } from 'react'

/**
 * Gives the focus to an element when `key` changes and the focus would be lost, because what had
 * it has left the page: the keyboard would begin at the top of the window.
 */
export function useRescuedFocus<Element extends HTMLElement>(
  key: string,
): RefObject<Element | null> {
  const target = useRef<Element>(null)
  const last = useRef<string | null>(null)
  useEffect(() => {
    if (last.current === key) return
    last.current = key
    if (isFocusLost()) target.current?.focus({ preventScroll: true })
  }, [key])
  return target
}

/** Gives the focus back to what had it before this part appeared, when it goes and takes it along. */
export function useReturnedFocus(): void {
  useEffect(() => {
    const before = document.activeElement
    return () => {
      if (!isFocusLost()) return
      // What had it may have gone meanwhile, as a device that left the list.
      const target = before?.isConnected === true ? before : document.querySelector('main')
      if (target instanceof HTMLElement) target.focus({ preventScroll: true })
    }
  }, [])
}

function isFocusLost(): boolean {
  const { activeElement, body } = document
  return activeElement === null || activeElement === body
}
