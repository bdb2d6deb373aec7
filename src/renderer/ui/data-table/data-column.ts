import type { ReactNode } from 'react'

/** A column of a list whose titles order it by some of `By`. */
export interface DataColumn<Row, By extends string = never> {
  readonly id: string
  readonly title: string
  /** What the list is ordered by with this title; missing where by nothing. */
  readonly orderBy?: By
  /** Width as a track of the grid. */
  readonly track: string
  /** Narrowest list in px in which it is shown. */
  readonly from: number
  /** Wider lists, from this many px on, show something else in its stead. */
  readonly below?: number
  readonly cell: (row: Row) => ReactNode
}

export interface DataOrder<By extends string> {
  readonly by: By
  readonly descending: boolean
}

/** Columns for which there is room in a list of this width. */
export function columnsFor<Row, By extends string>(
  columns: readonly DataColumn<Row, By>[],
  width: number,
): readonly DataColumn<Row, By>[] {
  return columns.filter(
    ({ from, below }) => width >= from && (below === undefined || width < below),
  )
}
