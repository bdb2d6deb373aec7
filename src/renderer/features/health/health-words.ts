import type { HealthComponent } from '#shared/contract/health.ts'
import type { Tone } from '../../ui/state-mark.tsx'

export const COMPONENT_NAMES: Readonly<Record<HealthComponent['name'], string>> = {
  keychain: 'Keychain',
  mesh: 'Mesh',
  registry: 'Registry',
  discovery: 'Discovery',
  storage: 'Storage',
  audit: 'Audit log',
  credentials: 'Credentials',
  recovery: 'Recovery kit',
}

/** Parts in the order in which they need each other. */
export const COMPONENT_ORDER = [
  'keychain',
  'storage',
  'audit',
  'mesh',
  'registry',
  'discovery',
  'credentials',
  'recovery',
] as const

export const STATE_WORDS: Readonly<Record<HealthComponent['state'], { word: string; tone: Tone }>> =
  {
    ok: { word: 'OK', tone: 'ok' },
    starting: { word: 'Starting', tone: 'busy' },
    degraded: { word: 'Degraded', tone: 'warn' },
    failed: { word: 'Failed', tone: 'bad' },
    off: { word: 'Off', tone: 'off' },
  }

const WORST_FIRST = ['failed', 'degraded', 'starting'] as const

/** The whole in one word: the worst of the parts. */
export function overallState(components: readonly HealthComponent[]): HealthComponent['state'] {
  return WORST_FIRST.find((state) => components.some((each) => each.state === state)) ?? 'ok'
}
