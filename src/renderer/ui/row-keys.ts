/** The row that a key leads to; null where the key moves nothing. `active` is -1 for none. */
export function rowAfterKey(
  key: string,
  active: number,
  count: number,
  page: number,
): number | null {
  const target = {
    ArrowDown: active + 1,
    ArrowUp: active < 0 ? count - 1 : active - 1,
    PageDown: active + page,
    PageUp: active - page,
    Home: 0,
    End: count - 1,
  }[key]
  if (target === undefined || count === 0) return null
  return Math.max(0, Math.min(count - 1, target))
}
