import type { FleetDevice } from '#shared/contract/fleet.ts'
import type { Tone } from '../../ui/state-mark.tsx'

export const DEVICE_STATES: Readonly<Record<FleetDevice['state'], { word: string; tone: Tone }>> = {
  online: { word: 'Online', tone: 'ok' },
  offline: { word: 'Offline', tone: 'off' },
  pending: { word: 'Pending', tone: 'warn' },
}
