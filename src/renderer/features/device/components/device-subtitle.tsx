import type { FleetDevice } from '#shared/contract/fleet.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { StateMark } from '../../../ui/state-mark.tsx'
import { DEVICE_STATES } from '../device-states.ts'

/** State, type and tenant in one line. */
export function DeviceSubtitle({ device }: { device: FleetDevice }) {
  const { word, tone } = DEVICE_STATES[device.state]
  return (
    <>
      <StateMark tone={tone} word={word} />
      {device.deviceType !== null && <DeviceText text={device.deviceType} />}
      <DeviceText text={device.tenant} />
    </>
  )
}
