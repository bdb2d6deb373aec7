import { useState } from 'react'
import type { ExpiryFilter } from '#shared/contract/renewal.ts'
import { problemOf } from '../../../lib/problem.ts'
import { DataTable } from '../../../ui/data-table/data-table.tsx'
import { LoadingRows } from '../../../ui/data-table/loading-rows.tsx'
import type { Selection } from '../../../ui/data-table/use-selection.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { useRows } from '../api/use-expiry.ts'
import { EXPIRY_COLUMNS } from './expiry-columns.tsx'

/** Main gives the soonest first, whatever else is chosen. */
const ORDER = { by: 'expiresAt', descending: false } as const

interface ExpiryTableProps {
  readonly filter: ExpiryFilter
  /** How many rows there are. */
  readonly total: number
  readonly selection: Selection
  /** Opens the credential in the ledger. */
  readonly onOpen: (id: string) => void
}

/** What expires, the soonest first; asked for only where it is seen. */
export function ExpiryTable({ filter, total, selection, onOpen }: ExpiryTableProps) {
  const [cursor, setCursor] = useState(-1)
  const { rows, error, onDrawn } = useRows(filter)
  const open = (index: number) => {
    const row = rows.get(index)
    if (row !== undefined) onOpen(row.id)
  }
  return (
    <>
      {error !== null && <ProblemNotice problem={problemOf(error)} />}
      <DataTable
        label="What expires"
        columns={EXPIRY_COLUMNS}
        order={ORDER}
        count={total}
        rowAt={(index) => rows.get(index)}
        active={cursor}
        ticks={{
          selection,
          idOf: ({ id }) => id,
          nameOf: (credential) => credential?.deviceId ?? credential?.name ?? 'this credential',
        }}
        onActivate={setCursor}
        onOpen={open}
        onClick={(index, column) => {
          setCursor(index)
          const row = rows.get(index)
          // Its name opens it; the rest of the row ticks it.
          if (column === 'name') open(index)
          else if (row !== undefined) selection.toggle(row.id)
        }}
        onEscape={() => selection.clear()}
        onDrawn={onDrawn}
      />
    </>
  )
}

/** Rows that stand in until the first answer came. */
export function LoadingExpiry() {
  return (
    <LoadingRows
      label="What expires is being loaded"
      template="1.25rem 6.5rem 2fr 1fr 1fr 7rem"
      widths={['1rem', '4rem', '11rem', '7rem', '6rem', '4rem']}
    />
  )
}
