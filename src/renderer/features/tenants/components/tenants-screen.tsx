import { useMemo, useState, type ReactNode } from 'react'
import { Button, TextInput } from '@mantine/core'
import { IconListDetails, IconPlus, IconSearch, IconStack2 } from '@tabler/icons-react'
import { counted } from '../../../lib/counted.ts'
import { useFleet } from '../../../lib/live/fleet.ts'
import { useMesh } from '../../../lib/live/mesh.ts'
import { useTenants } from '../../../lib/live/tenants.ts'
import { ListTable } from '../../../ui/data-table/list-table.tsx'
import { LoadingRows } from '../../../ui/data-table/loading-rows.tsx'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { NothingFits } from '../../../ui/nothing-fits.tsx'
import { Notice } from '../../../ui/notice.tsx'
import { ListDetail, PageHeader } from '../../../ui/page.tsx'
import { useBatchStream } from '../api/batch.ts'
import { orderedRows, rowsOf, type TenantOrder, type TenantRow } from '../tenant-rows.ts'
import { BatchBanner } from './batch-banner.tsx'
import { BatchDialog } from './batch-dialog.tsx'
import { NewTenantDialog } from './new-tenant-dialog.tsx'
import { TENANT_COLUMNS } from './tenant-columns.tsx'
import styles from './tenants-screen.module.css'

interface TenantsScreenProps {
  readonly selected: string | null
  readonly onSelect: (tenant: string) => void
  readonly onDeselect: () => void
  /** Buttons of other features, such as the isolation proof. */
  readonly actions?: ReactNode
  /** What stands beside the list while a tenant is chosen. */
  readonly detail: ReactNode | null
}

/** Every tenant of the mesh, live. */
export function TenantsScreen(props: TenantsScreenProps) {
  const { selected, onSelect, onDeselect, detail } = props
  useBatchStream()
  const tenants = useTenants()
  const devices = useFleet()?.devices
  const mesh = useMesh()
  const [search, setSearch] = useState('')
  const [order, setOrder] = useState<TenantOrder>({ by: 'name', descending: false })
  const [cursor, setCursor] = useState<string | null>(null)
  const [dialog, setDialog] = useState<'new' | 'batch' | null>(null)
  const all = useMemo(() => rowsOf(tenants ?? [], devices ?? []), [tenants, devices])
  const rows = useMemo(() => orderedRows(all, search, order), [all, search, order])
  const foreign = mesh?.kind === 'remote' && !mesh.canIssue
  const actions = (
    <>
      {props.actions}
      <Button
        variant="default"
        leftSection={<IconListDetails size={16} />}
        disabled={foreign}
        onClick={() => setDialog('batch')}
      >
        Batch…
      </Button>
      <Button
        leftSection={<IconPlus size={16} />}
        disabled={foreign}
        onClick={() => setDialog('new')}
      >
        New tenant
      </Button>
    </>
  )
  const activate = (name: string) => {
    setCursor(name)
    // With the details open they follow the keyboard.
    if (selected !== null) onSelect(name)
  }
  return (
    <ListDetail detail={detail} wide>
      <PageHeader
        title="Tenants"
        subtitle={tenants === undefined ? undefined : countText(all.length)}
        actions={actions}
      />
      {foreign && (
        <div className={styles.banner}>
          <Notice tone="info" title="This mesh belongs to somebody else">
            Its tenants are shown as far as your credential sees them; they are made and changed by
            its own admin.
          </Notice>
        </div>
      )}
      <BatchBanner />
      {tenants === undefined ? (
        <LoadingRows label="The tenants are being loaded" {...LOADING} />
      ) : all.length === 0 ? (
        <NoTenants onNew={() => setDialog('new')} onBatch={() => setDialog('batch')} />
      ) : (
        <>
          <div className={styles.tools}>
            <TextInput
              className={styles.search ?? ''}
              aria-label="Search tenants"
              placeholder="Search name, or paste an account key"
              leftSection={<IconSearch size={16} />}
              value={search}
              onChange={(event) => setSearch(event.currentTarget.value)}
            />
            <Trouble
              count={all.filter(({ state }) => state === 'error').length}
              onShow={() => setOrder({ by: 'state', descending: false })}
            />
          </div>
          {rows.length === 0 ? (
            <NothingFits
              title="No tenant fits"
              text="The search leaves nothing over."
              action="Show all tenants"
              onClear={() => setSearch('')}
            />
          ) : (
            <ListTable
              label="Tenants"
              columns={TENANT_COLUMNS}
              rows={rows}
              keyOf={tenantName}
              order={order}
              onOrder={setOrder}
              active={selected ?? cursor}
              onActivate={({ name }) => activate(name)}
              onOpen={({ name }) => {
                setCursor(name)
                onSelect(name)
              }}
              onEscape={onDeselect}
            />
          )}
        </>
      )}
      <NewTenantDialog
        opened={dialog === 'new'}
        onClose={() => setDialog(null)}
        onCreated={(name) => {
          setDialog(null)
          onSelect(name)
        }}
      />
      <BatchDialog opened={dialog === 'batch'} onClose={() => setDialog(null)} />
    </ListDetail>
  )
}

function tenantName({ name }: TenantRow): string {
  return name
}

function countText(count: number): string {
  return counted(count, 'tenant')
}

function Trouble({ count, onShow }: { count: number; onShow: () => void }) {
  if (count === 0) return null
  return (
    <Button variant="subtle" color="red" size="compact-sm" onClick={onShow}>
      {count === 1 ? '1 failed' : `${count} failed`}
    </Button>
  )
}

function NoTenants({ onNew, onBatch }: { onNew: () => void; onBatch: () => void }) {
  return (
    <EmptyState
      icon={IconStack2}
      title="No tenants yet"
      actions={
        <>
          <Button onClick={onNew}>New tenant</Button>
          <Button variant="default" onClick={onBatch}>
            Batch…
          </Button>
        </>
      }
    >
      A tenant keeps its devices apart from all others: a customer, a site, a test bench. Devices
      are commissioned into one.
    </EmptyState>
  )
}

const LOADING = {
  template: '6.75rem 1.6fr 6rem 6rem 1.8fr 7rem',
  widths: ['4rem', '9rem', '4rem', '3rem', '8rem', '5rem'],
} as const
