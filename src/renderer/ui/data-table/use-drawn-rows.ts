import { useEffect, useEffectEvent, useRef, type Key } from 'react'
import { useVirtualizer } from '@tanstack/react-virtual'

export const ROW_HEIGHT_PX = 36
/** The header scrolls with the rows and sticks above them. */
export const HEAD_HEIGHT_PX = 32
const OVERSCAN_ROWS = 10
/** Rows of the last screen that paging leaves in sight. */
const KEPT_ROWS = 2

interface DrawnRowsOptions {
  readonly count: number
  readonly active: number
  readonly activeKey?: Key | null
  readonly onDrawn?: (first: number, last: number) => void
}

/** Which rows of a list are drawn, with the active one among them whenever the choice moved. */
export function useDrawnRows({ count, active, activeKey, onDrawn }: DrawnRowsOptions) {
  const scroller = useRef<HTMLDivElement>(null)
  // oxlint-disable-next-line react/incompatible-library -- nothing memoizes what it returns, and no compiler does so for us
  const virtual = useVirtualizer({
    // Without keys for items: they would be worked out for the whole list at each change.
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT_PX,
    overscan: OVERSCAN_ROWS,
    scrollMargin: HEAD_HEIGHT_PX,
    scrollPaddingStart: HEAD_HEIGHT_PX,
  })
  const items = virtual.getVirtualItems()
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0]
  useEffect(() => onDrawn?.(first, last), [onDrawn, first, last])
  const isFirst = useRef(true)
  const reveal = useEffectEvent(() => {
    const align = isFirst.current ? 'center' : 'auto'
    isFirst.current = false
    if (active >= 0 && active < count) virtual.scrollToIndex(active, { align })
  })
  const choice = activeKey === undefined ? active : activeKey
  // Only when the choice moves, not each time the list changes below it.
  useEffect(() => reveal(), [choice])
  const pageRows = () => {
    const height = scroller.current?.clientHeight ?? 0
    return Math.max(1, Math.floor(height / ROW_HEIGHT_PX) - KEPT_ROWS)
  }
  return { scroller, virtual, items, pageRows }
}
