import type { Credential, CredentialFilter, CredentialOrder } from '#shared/contract/credentials.ts'
import { problemOf } from '../../../lib/problem.ts'
import { DataTable } from '../../../ui/data-table/data-table.tsx'
import { LoadingRows } from '../../../ui/data-table/loading-rows.tsx'
import type { Selection } from '../../../ui/data-table/use-selection.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { useRows } from '../api/use-page.ts'
import { CREDENTIAL_COLUMNS } from './credential-columns.tsx'

interface CredentialTableProps {
  readonly filter: CredentialFilter
  readonly order: CredentialOrder
  readonly onOrder: (order: CredentialOrder) => void
  /** How many rows there are. */
  readonly total: number
  readonly selection: Selection
  readonly onTickAll: () => void
  /** Row that the keyboard stands on; -1 for none. */
  readonly cursor: number
  readonly onCursor: (index: number) => void
  readonly selected: string | null
  readonly onSelect: (id: string | null) => void
}

/** The ledger as a table, asked for only where it is seen. */
export function CredentialTable(props: CredentialTableProps) {
  const { filter, order, selection, onCursor, selected, onSelect } = props
  const { rows, error, onDrawn } = useRows(filter, order)
  return (
    <>
      {error !== null && <ProblemNotice problem={problemOf(error)} />}
      <DataTable
        label="Credentials"
        columns={CREDENTIAL_COLUMNS}
        order={order}
        onOrder={props.onOrder}
        count={props.total}
        rowAt={(index) => rows.get(index)}
        active={props.cursor}
        {...(selected === null ? {} : { isMarked: ({ id }: Credential) => id === selected })}
        ticks={{
          selection,
          idOf: ({ id }) => id,
          nameOf: (credential) => credential?.name ?? 'this credential',
          onAll: props.onTickAll,
        }}
        onActivate={(index) => {
          onCursor(index)
          const next = rows.get(index)
          // With the details open they follow the keyboard.
          if (selected !== null && next !== undefined) onSelect(next.id)
        }}
        onOpen={(index) => {
          const row = rows.get(index)
          if (row === undefined) return
          onCursor(index)
          onSelect(row.id)
        }}
        onEscape={() => onSelect(null)}
        onDrawn={onDrawn}
      />
    </>
  )
}

/** Rows that stand in until the first answer came. */
export function LoadingCredentials() {
  return (
    <LoadingRows
      label="The credentials are being loaded"
      template="1.25rem 6.5rem 2fr 1fr 1fr 7rem"
      widths={['1rem', '4.5rem', '11rem', '6rem', '5rem', '4.5rem']}
    />
  )
}
