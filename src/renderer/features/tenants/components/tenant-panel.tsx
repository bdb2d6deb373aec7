import type { ReactNode } from 'react'
import { Button, Tabs } from '@mantine/core'
import { IconEye, IconPackageExport, IconStack2 } from '@tabler/icons-react'
import { useTenants } from '../../../lib/live/tenants.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { PanelTabs } from '../../../ui/panel-tabs.tsx'
import { SidePanel } from '../../../ui/side-panel.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { LimitsTab } from './limits-tab.tsx'
import { OverviewTab } from './overview-tab.tsx'
import { ISOLATION_WORDS, TENANT_STATES } from './tenant-columns.tsx'
import { WiringTab } from './wiring-tab.tsx'

/** A tab that another feature brings. */
export interface ExtraTab {
  readonly value: string
  readonly name: string
  readonly panel: ReactNode
}

interface TenantPanelProps {
  readonly name: string
  readonly tab: string | undefined
  readonly onTab: (tab: string) => void
  readonly onClose: () => void
  readonly onView: () => void
  /** Hands its credentials over. */
  readonly onHandOver: () => void
  readonly onOpenFleet: () => void
  readonly onOpenTenant: (name: string) => void
  readonly extraTabs: readonly ExtraTab[]
}

/** A tenant beside the list. */
export function TenantPanel(props: TenantPanelProps) {
  const { name, onClose } = props
  const tenants = useTenants()
  const tenant = tenants?.find((each) => each.name === name)
  const own = tenant !== undefined && tenant.account !== null
  const extra = own ? props.extraTabs : []
  const known = [
    'overview',
    ...(own ? ['limits', 'wiring'] : []),
    ...extra.map(({ value }) => value),
  ]
  const tab = props.tab !== undefined && known.includes(props.tab) ? props.tab : 'overview'
  return (
    <SidePanel
      label={`Details of ${name}`}
      title={<DeviceText text={name} wrap />}
      subtitle={
        tenant && (
          <>
            <StateMark
              tone={TENANT_STATES[tenant.state].tone}
              word={TENANT_STATES[tenant.state].word}
            />
            {own && <span>{ISOLATION_WORDS[tenant.isolation]}</span>}
          </>
        )
      }
      onClose={onClose}
      actions={
        tenant?.state === 'ready' &&
        own && (
          <>
            <Button
              variant="default"
              size="xs"
              leftSection={<IconPackageExport size={15} />}
              onClick={props.onHandOver}
            >
              Hand over…
            </Button>
            <Button
              variant="default"
              size="xs"
              leftSection={<IconEye size={15} />}
              onClick={props.onView}
            >
              View as this tenant
            </Button>
          </>
        )
      }
    >
      {tenants !== undefined && tenant === undefined && (
        <EmptyState icon={IconStack2} title="This tenant is not there">
          It was cleared, or belongs to another mesh.
        </EmptyState>
      )}
      {tenant !== undefined && (
        <PanelTabs key={name} value={tab} onChange={(value) => props.onTab(value ?? 'overview')}>
          <Tabs.List>
            <Tabs.Tab value="overview">Overview</Tabs.Tab>
            {own && <Tabs.Tab value="limits">Limits</Tabs.Tab>}
            {own && <Tabs.Tab value="wiring">Wiring</Tabs.Tab>}
            {extra.map(({ value, name: word }) => (
              <Tabs.Tab key={value} value={value}>
                {word}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <Tabs.Panel value="overview">
            <OverviewTab
              tenant={tenant}
              onOpenFleet={props.onOpenFleet}
              onOpenTenant={props.onOpenTenant}
              onCleared={onClose}
            />
          </Tabs.Panel>
          {own && (
            <Tabs.Panel value="limits">
              {tab === 'limits' && <LimitsTab tenant={tenant} />}
            </Tabs.Panel>
          )}
          {own && (
            <Tabs.Panel value="wiring">
              {tab === 'wiring' && <WiringTab tenant={tenant} />}
            </Tabs.Panel>
          )}
          {extra.map(({ value, panel }) => (
            <Tabs.Panel key={value} value={value}>
              {tab === value && panel}
            </Tabs.Panel>
          ))}
        </PanelTabs>
      )}
    </SidePanel>
  )
}
