import { Button } from '@mantine/core'
import { IconArrowLeft } from '@tabler/icons-react'
import type { DeviceAddress } from '#shared/contract/fleet.ts'
import { useFleetDevice } from '../../../lib/live/fleet.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { PageHeader } from '../../../ui/page.tsx'
import { UnknownDevice } from './device-panel.tsx'
import { DeviceSubtitle } from './device-subtitle.tsx'
import { DeviceView, type DeviceTab } from './device-view.tsx'
import styles from './device-view.module.css'

interface DevicePageProps {
  readonly address: DeviceAddress
  readonly tab: DeviceTab
  readonly onTab: (tab: DeviceTab) => void
  readonly onBack: () => void
}

/** A device on a page of its own, with an address that can be kept. */
export function DevicePage({ address, tab, onTab, onBack }: DevicePageProps) {
  const device = useFleetDevice(address)
  return (
    <div className={styles.page}>
      <PageHeader
        title={<DeviceText text={address.deviceId} wrap />}
        subtitle={
          device ? (
            <span style={{ display: 'flex', flexWrap: 'wrap', gap: '0 0.75rem' }}>
              <DeviceSubtitle device={device} />
            </span>
          ) : undefined
        }
        actions={
          <Button variant="default" leftSection={<IconArrowLeft size={16} />} onClick={onBack}>
            Fleet
          </Button>
        }
      />
      <h2 className="m-hidden">Details</h2>
      {device === null && <UnknownDevice />}
      {device && (
        <DeviceView
          key={`${address.tenant} ${address.deviceId}`}
          address={address}
          device={device}
          tab={tab}
          onTab={onTab}
          onForgotten={onBack}
        />
      )}
    </div>
  )
}
