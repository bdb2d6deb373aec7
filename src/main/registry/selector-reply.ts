const MAX_ROWS = 1000

/** Which rows are asked for. */
export interface RowRange {
  readonly offset: number
  /** 0 asks for as many as are usual. */
  readonly limit: number
}

/** How many rows to tell at most. */
export function limitOf({ limit }: RowRange, usual: number): number {
  return limit <= 0 ? usual : Math.min(limit, MAX_ROWS)
}

/** Refusals are data here, as in the reference's tools. */
export function refusal(code: string, message: string): string {
  return JSON.stringify({
    matched: 0,
    returned: 0,
    offset: 0,
    next_offset: null,
    results: [],
    error: { code, message },
  })
}
