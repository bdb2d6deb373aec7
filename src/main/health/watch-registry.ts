import type { Problem } from '#shared/contract/common.ts'
import { durationText } from './duration-text.ts'
import type { ComponentReport, HealthService } from './health-service.ts'

/** What the supervisor of the registry process says of it. */
export interface RegistryCondition {
  readonly state: 'off' | 'starting' | 'running' | 'restarting' | 'failed'
  readonly devicesOnline?: number | undefined
  readonly problem?: Problem | null | undefined
}

/** The part of the registry's supervisor that health listens to. */
export interface RegistryConditions {
  readonly subscribe: (listener: (condition: RegistryCondition) => void) => () => void
}

/**
 * Turns the registry's conditions into the component `registry` and into notices about what broke
 * and what recovered by itself. Returns what ends it.
 */
export function watchRegistry(
  health: Pick<HealthService, 'report' | 'notify'>,
  supervisor: RegistryConditions,
  now: () => number = () => performance.now(),
): () => void {
  let before: RegistryCondition['state'] | undefined
  let lostAt: number | undefined
  return supervisor.subscribe((condition) => {
    health.report('registry', reportOf(condition))
    const { state } = condition
    if (before === 'running' && (state === 'restarting' || state === 'failed')) {
      lostAt = now()
      health.notify({
        level: 'warning',
        title: 'The registry stopped',
        text: 'The fleet shows what was known last. Muster starts the registry again by itself.',
      })
    }
    if (state === 'failed' && before !== 'failed') {
      health.notify({
        level: 'error',
        title: 'The registry can not be started',
        text:
          condition.problem === undefined || condition.problem === null
            ? 'It keeps stopping. The log says why.'
            : `${condition.problem.message} ${condition.problem.advice}`,
      })
    }
    if (state === 'running' && lostAt !== undefined) {
      health.notify({
        level: 'success',
        title: 'The registry stopped and was started again',
        text: `Recovered after ${durationText(now() - lostAt)}.`,
      })
      lostAt = undefined
    }
    if (state === 'off') lostAt = undefined
    before = state
  })
}

function reportOf({ state, devicesOnline, problem = null }: RegistryCondition): ComponentReport {
  const reports: Record<RegistryCondition['state'], Pick<ComponentReport, 'state' | 'summary'>> = {
    off: { state: 'off', summary: 'Not running' },
    starting: { state: 'starting', summary: 'Starting' },
    running: { state: problem === null ? 'ok' : 'degraded', summary: running(devicesOnline) },
    restarting: { state: 'degraded', summary: 'Stopped, being started again' },
    failed: { state: 'failed', summary: problem?.message ?? 'It can not be started' },
  }
  return { ...reports[state], problem }
}

function running(devicesOnline: number | undefined): string {
  if (devicesOnline === undefined) return 'Running'
  return `Running, ${devicesOnline} ${devicesOnline === 1 ? 'device' : 'devices'} online`
}
