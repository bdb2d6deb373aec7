import type { Problem } from '#shared/contract/common.ts'
import { cleanText } from '#shared/protocol/device-text.ts'
import type { RegistryCondition } from '../health/watch-registry.ts'
import type { Impostor } from '../registry/identity-guard.ts'
import type { SidecarState } from '../registry/registry-supervisor.ts'

/** Times that the registry may die in a row before Muster calls it broken rather than restarting. */
const RESTARTS_BEFORE_FAILED = 5

/** The supervisor's state in the words of health. */
export function conditionOf(
  state: SidecarState,
  devicesOnline: number,
  trouble: Problem | null,
): RegistryCondition {
  const problem = problemOf(state.failure)
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
        ? { state: 'running', devicesOnline, problem: trouble ?? problemOf(state.storeProblem) }
        : { state: 'starting', problem }
  }
}

/** What the person is told of a credential that registers as a device which it was not issued for. */
export function impostorProblem({ tenant, deviceId, publicKey, name }: Impostor): Problem {
  const [as, issuedTo] = [shown(deviceId), shown(name)]
  const who = issuedTo === '' ? 'A credential' : `The credential of “${issuedTo}”`
  return {
    code: 'DEVICE_IMPOSTOR',
    kind: 'rejected',
    message: `${who} tried to register as “${as}” in the tenant ${shown(tenant)}, which it was not issued for. The registry refused it.`,
    advice:
      'Look at that device: its software may be set up with the wrong id, or its key was copied. Revoke its credential where you can not tell.',
    details: { tenant, deviceId, publicKey },
  }
}

/** What the person is told of a tenant that sends without measure. */
export function floodNotice(tenant: string) {
  return {
    level: 'warning',
    title: 'A tenant floods the registry',
    text: `Something in ${shown(tenant)} sends many thousand heartbeats a second. Other tenants are served as before; until it stops, no device of this one counts as offline. Look for a device that runs wild, and revoke its credential where it does not stop.`,
  } as const
}

const MAX_NAME = 64

function shown(name: string): string {
  return cleanText(name, MAX_NAME)
}

/** What the registry said is wrong, as the window shows it. */
export function problemOf(failure: SidecarState['failure']): Problem | null {
  return failure === undefined ? null : { ...failure, kind: 'transient', details: {} }
}
