import type { ProofControl } from '#shared/contract/isolation.ts'
import type { ProvenTenant } from './collaborators.ts'
import { CONTROL_NAMES } from './control-names.ts'
import type { Party } from './party.ts'
import type { ControlId } from './probes.ts'

interface Tally {
  tried: number
  worked: number
}

const CONTROL_IDS = Object.keys(CONTROL_NAMES) as ControlId[]

/** Counts, tenant by tenant, how often what must work did. */
export class Controls {
  readonly #tallies = new Map<string, Map<ControlId, Tally>>()

  /** Notes a round against `victim`; a round that broke off has no failed controls to tell of. */
  note(victim: Party, failed: ReadonlySet<ControlId> | undefined): void {
    if (failed === undefined) return
    const ofTenant = this.#tallies.get(victim.tenant.name) ?? new Map<ControlId, Tally>()
    this.#tallies.set(victim.tenant.name, ofTenant)
    for (const id of CONTROL_IDS) {
      if (id === 'jetstream' && victim.hasJetStream === false) continue
      const tally = ofTenant.get(id) ?? { tried: 0, worked: 0 }
      tally.tried += 1
      if (!failed.has(id)) tally.worked += 1
      ofTenant.set(id, tally)
    }
  }

  list(tenants: readonly ProvenTenant[]): ProofControl[] {
    return tenants.flatMap(({ name }) =>
      [...(this.#tallies.get(name) ?? [])].map(([id, { tried, worked }]) => ({
        tenant: name,
        title: CONTROL_NAMES[id],
        tried,
        worked,
      })),
    )
  }
}
