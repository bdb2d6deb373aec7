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
    const { activeElement, body } = document
    if (activeElement === null || activeElement === body) {
      target.current?.focus({ preventScroll: true })
    }
  }, [key])
  return target
}
