import type {
  CellState,
  ProofControl,
  ProofFinding,
  ProofPair,
} from '#shared/contract/isolation.ts'
import { stateOf } from '#shared/isolation-report.ts'
import type { Dialect } from '#shared/protocol/dialect.ts'
import { subjectsOf } from '#shared/protocol/subjects.ts'
import type { Cast } from './cast.ts'
import type { ProvenTenant, SystemWitness } from './collaborators.ts'
import { Controls } from './controls.ts'
import { inTurns } from './in-turns.ts'
import type { Party } from './party.ts'
import type { ControlId, Probe } from './probes.ts'
import { inconclusivePair, runRound, type RoundResult } from './round.ts'
import { streamAnswers } from './temporary-stream.ts'

/** Attackers that are at work at the same time; each takes its victims one after the other. */
const ATTACKERS_AT_ONCE = 4

export interface ProofOptions {
  readonly cast: Cast
  readonly tenants: readonly ProvenTenant[]
  readonly probes: readonly Probe[]
  readonly dialect: Dialect
  readonly witness: SystemWitness
  readonly signal: AbortSignal
  /** A pair began or ended. */
  readonly report: (attacker: number, victim: number, state: CellState) => void
}

/** What all rounds brought; pairs in the order of attackers, then victims. */
export interface ProofResult {
  readonly pairs: readonly ProofPair[]
  readonly findings: readonly ProofFinding[]
  readonly controls: readonly ProofControl[]
}

/**
 * Every tenant tries every probe on every other. Ends early, with what is known by then, when the
 * signal aborts; pairs that were not tried are inconclusive. Never throws.
 */
export async function runProof(options: ProofOptions): Promise<ProofResult> {
  const { cast, tenants, probes, signal, report } = options
  const controls = new Controls()
  const results = new Map<string, Pick<RoundResult, 'pair' | 'findings'>>()
  const partyOf = (tenant: ProvenTenant) =>
    cast.parties.find((party) => party.tenant.name === tenant.name)
  await inTurns(tenants, ATTACKERS_AT_ONCE, async (attackerTenant, attackerIndex) => {
    const attacker = partyOf(attackerTenant)
    for (const [victimIndex, victimTenant] of tenants.entries()) {
      const victim = partyOf(victimTenant)
      if (victimIndex === attackerIndex || signal.aborted) continue
      if (attacker === undefined || victim === undefined) continue
      report(attackerIndex, victimIndex, 'running')
      const result = await tryPair(options, attacker, victim, controls)
      results.set(keyOf(attackerTenant, victimTenant), result)
      report(attackerIndex, victimIndex, stateOf(result.pair))
    }
  })
  const all = tenants.flatMap((attacker) =>
    tenants.flatMap((victim) => {
      if (attacker === victim) return []
      const why = reasonUntried(options, attacker, victim)
      return [
        results.get(keyOf(attacker, victim)) ?? inconclusivePair(attacker, victim, probes, why),
      ]
    }),
  )
  return {
    pairs: all.map(({ pair }) => pair),
    findings: all.flatMap(({ findings }) => findings),
    controls: controls.list(tenants),
  }
}

async function tryPair(
  options: ProofOptions,
  attacker: Party,
  victim: Party,
  controls: Controls,
): Promise<RoundResult> {
  const { cast, probes, dialect } = options
  if (!cast.onOneServer) {
    const why =
      'The connections of the proof ended up on different servers of a cluster, between which it can not be seen when a message has arrived. Connect Muster to one server by its own address.'
    return {
      ...inconclusivePair(attacker.tenant, victim.tenant, probes, why),
      failedControls: undefined,
    }
  }
  const result = await runRound({
    stage: cast.stage,
    attacker,
    victim,
    probes,
    subjects: subjectsOf(dialect),
    witness: (party) => witnessFor(options, party),
  })
  controls.note(victim, result.failedControls)
  return result
}

/** Whether what the attacker asked JetStream and the system account is answered to who may ask. */
async function witnessFor(options: ProofOptions, victim: Party): Promise<ReadonlySet<ControlId>> {
  const { cast, witness, probes, signal } = options
  const failed = new Set<ControlId>()
  const wants = (control: ControlId) => probes.some(({ controls }) => controls.includes(control))
  if (wants('jetstream') && victim.hasJetStream !== false) {
    const { stream, owner } = victim
    if (stream === null || !(await streamAnswers(owner, stream))) failed.add('jetstream')
  }
  if (wants('system')) {
    const { account } = victim.tenant
    const answers = await witness.request(`$SYS.REQ.ACCOUNT.${account}.INFO`, '', signal).then(
      () => true,
      () => false,
    )
    if (!answers || !cast.noticesSeen) failed.add('system')
  }
  return failed
}

function reasonUntried(
  { cast, signal }: ProofOptions,
  attacker: ProvenTenant,
  victim: ProvenTenant,
): string {
  const missing = cast.absent.find(
    ({ tenant }) => tenant.name === attacker.name || tenant.name === victim.name,
  )
  if (missing !== undefined)
    return `${missing.tenant.name} took no part: ${missing.problem.message}`
  return signal.aborted
    ? 'The proof was ended before this pair was tried.'
    : 'This pair was not tried.'
}

function keyOf(attacker: ProvenTenant, victim: ProvenTenant): string {
  return `${attacker.name} ${victim.name}`
}
