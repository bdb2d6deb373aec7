import type { Clock } from './clock.ts'
import type { RegistryCounters } from './counters.ts'
import type { FleetIndex } from './fleet-index.ts'
import type { IdentityGuard } from './identity-guard.ts'
import { payFor } from './rate-limit.ts'
import type { RegistryLimits } from './registry-limits.ts'
import type { Requester } from './requester.ts'

/** JSON-RPC leaves -32000 to -32099 to servers; docs/registry.md lists ours. */
const NOT_ITS_CREDENTIAL = -32003
const TOO_OFTEN = -32029
const TENANT_FULL = -32028

export interface RegistrationGateParts {
  readonly index: FleetIndex
  readonly guard: IdentityGuard
  readonly limits: RegistryLimits
  readonly counters: RegistryCounters
  readonly clock: Clock
}

/** Why a registration is refused, as JSON-RPC says it. */
export interface Refusal {
  readonly code: number
  readonly message: string
}

/** Whether a registration that is well-formed may be: by whom it comes, and how often. */
export class RegistrationGate {
  readonly #parts: RegistrationGateParts

  constructor(parts: RegistrationGateParts) {
    this.#parts = parts
  }

  /** Undefined where it may be. */
  refusal(tenant: string, deviceId: string, requester: Requester | undefined): Refusal | undefined {
    const { index, guard, limits, counters, clock } = this.#parts
    const known = index.get(tenant, deviceId)
    if (!guard.admits({ tenant, deviceId }, requester, known)) {
      return {
        code: NOT_ITS_CREDENTIAL,
        message: 'the credential of this connection was not issued for the device that it names',
      }
    }
    if (known === undefined) {
      if (index.knownOf(tenant) < limits.devicesPerTenant) return undefined
      counters.registrationsThrottled += 1
      const message = `the registry keeps no more than ${limits.devicesPerTenant} devices of a tenant`
      return { code: TENANT_FULL, message }
    }
    const paid = payFor(known.registrationsPaidMs, clock.monotonicMs(), limits.registrations)
    if (paid < 0) {
      counters.registrationsThrottled += 1
      return {
        code: TOO_OFTEN,
        message: 'the device registers too often; try again in some seconds',
      }
    }
    known.registrationsPaidMs = paid
    return undefined
  }

  /** It registered with this credential. */
  registered(tenant: string, deviceId: string, requester: Requester | undefined): void {
    const entry = this.#parts.index.get(tenant, deviceId)
    if (entry !== undefined) entry.hasOwnCredential = requester?.name === deviceId
  }
}
