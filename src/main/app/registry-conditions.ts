import type { Problem } from '#shared/contract/common.ts'
import type { RegistryCondition } from '../health/watch-registry.ts'
import type { SidecarState } from '../registry/registry-supervisor.ts'

/** Times that the registry may die in a row before Muster calls it broken rather than restarting. */
const RESTARTS_BEFORE_FAILED = 5

/** The supervisor's state in the words of health. */
export function conditionOf(state: SidecarState, devicesOnline: number): RegistryCondition {
  const problem = problemOf(state)
  switch (state.state) {
    case 'stopped':
      return { state: 'off' }
    case 'starting':
      return { state: 'starting', problem }
    case 'restarting':
      return {
        state:
          state.restarts > RESTARTS_BEFORE_FAILED && problem !== null ? 'failed' : 'restarting',
        problem,
      }
    case 'running':
      return state.connection.state === 'connected'
        ? { state: 'running', devicesOnline }
        : { state: 'starting', problem }
  }
}

function problemOf(state: SidecarState): Problem | null {
  if (state.failure === undefined) return null
  return { ...state.failure, kind: 'transient', details: {} }
}
