import type { HealthComponent, HealthUpdate, Notice } from '#shared/contract/health.ts'
import { LIVE, useLive } from './use-live.ts'
import { useStream, type LiveSource } from './use-stream.ts'

/** Notices kept for the list; older ones stand in the log. */
const MAX_NOTICES = 100

export interface HealthState {
  readonly components: readonly HealthComponent[]
  /** Newest last. */
  readonly notices: readonly Notice[]
}

/** The health after `update`. */
export function reduceHealth(
  state: HealthState | undefined,
  update: HealthUpdate,
): HealthState | undefined {
  if (update.type === 'snapshot') {
    return { components: update.components, notices: update.notices.slice(-MAX_NOTICES) }
  }
  if (state === undefined) return undefined
  if (update.type === 'notice') {
    return { ...state, notices: [...state.notices, update.notice].slice(-MAX_NOTICES) }
  }
  const { component } = update
  const known = state.components.some(({ name }) => name === component.name)
  const components = known
    ? state.components.map((other) => (other.name === component.name ? component : other))
    : [...state.components, component]
  return { ...state, components }
}

const source: LiveSource<HealthUpdate, HealthState> = {
  key: [LIVE, 'health'],
  open: (client, signal) => client.health.watch(undefined, { signal }),
  reduce: reduceHealth,
}

export function useHealthStream(): void {
  useStream(source)
}

/** How Muster's parts are; undefined until main told it. */
export function useHealth(): HealthState | undefined {
  return useLive<HealthState>(source.key)
}
