import { ActionIcon, Tooltip } from '@mantine/core'
import { IconArrowsMaximize, IconPackageExport, IconServerOff } from '@tabler/icons-react'
import type { DeviceAddress } from '#shared/contract/fleet.ts'
import { useFleetDevice } from '../../../lib/live/fleet.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { EmptyState } from '../../../ui/empty-state.tsx'
import { SidePanel } from '../../../ui/side-panel.tsx'
import { DeviceSubtitle } from './device-subtitle.tsx'
import { DeviceView, type DeviceTab } from './device-view.tsx'

interface DevicePanelProps {
  readonly address: DeviceAddress
  readonly tab: DeviceTab
  readonly onTab: (tab: DeviceTab) => void
  readonly onExpand: () => void
  /** Hands a credential for it over. */
  readonly onHandOver: () => void
  readonly onClose: () => void
}

/** A device beside the list. */
export function DevicePanel(props: DevicePanelProps) {
  const { address, tab, onTab, onExpand, onHandOver, onClose } = props
  const device = useFleetDevice(address)
  return (
    <SidePanel
      label={`Details of ${address.deviceId}`}
      title={<DeviceText text={address.deviceId} wrap />}
      subtitle={device ? <DeviceSubtitle device={device} /> : undefined}
      onClose={onClose}
      actions={
        <>
          <Tooltip label="Hand a credential over…">
            <ActionIcon size="lg" onClick={onHandOver} aria-label="Hand a credential over">
              <IconPackageExport size={17} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label="Open on a page of its own">
            <ActionIcon size="lg" onClick={onExpand} aria-label="Open on a page of its own">
              <IconArrowsMaximize size={17} />
            </ActionIcon>
          </Tooltip>
        </>
      }
    >
      {device === null && <UnknownDevice />}
      {device && (
        <DeviceView
          key={`${address.tenant} ${address.deviceId}`}
          address={address}
          device={device}
          tab={tab}
          onTab={onTab}
          onForgotten={onClose}
        />
      )}
    </SidePanel>
  )
}

/** Said where an address leads to no device. */
export function UnknownDevice() {
  return (
    <EmptyState icon={IconServerOff} title="This device is not in the fleet">
      It was forgotten, or belongs to another mesh. It appears again when it registers.
    </EmptyState>
  )
}
