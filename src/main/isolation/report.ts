import type { Problem } from '#shared/contract/common.ts'
import type {
  IsolationReport,
  ProbeOutcome,
  ProofFinding,
  ProofPair,
  ProofTenant,
  ProofVerdict,
} from '#shared/contract/isolation.ts'
import { stateOf } from '#shared/isolation-report.ts'
import { descriptionOf, type Probe } from './probes.ts'
import type { ProofResult } from './proof.ts'

/** A broken mesh of many tenants fails everywhere in the same way; the matrix still shows it all. */
const MAX_FINDINGS = 1_000

const KIND_ORDER: readonly ProofFinding['kind'][] = ['crossed', 'inconclusive', 'weak']

export interface ReportFacts {
  readonly id: string
  readonly startedAt: Date
  readonly endedAt: Date
  readonly ended: IsolationReport['ended']
  readonly problem: Problem | null
  readonly version: string
  readonly operator: IsolationReport['operator']
  readonly mesh: IsolationReport['mesh']
  readonly tenants: readonly ProofTenant[]
  readonly probes: readonly Probe[]
  readonly declared: IsolationReport['declared']
  readonly result: ProofResult
}

/** The report on a proof. It passed only where every pair was tried and seen to hold. */
export function reportOn(facts: ReportFacts): IsolationReport {
  const { result, ended } = facts
  const counts = countsOf(result.pairs)
  const findings = result.findings.toSorted(
    (one, other) => KIND_ORDER.indexOf(one.kind) - KIND_ORDER.indexOf(other.kind),
  )
  return {
    format: 'muster-isolation-report/1',
    id: facts.id,
    startedAt: facts.startedAt.toISOString(),
    endedAt: facts.endedAt.toISOString(),
    ended,
    problem: facts.problem,
    verdict: verdictOf(counts, ended),
    muster: { version: facts.version },
    operator: facts.operator,
    mesh: facts.mesh,
    tenants: [...facts.tenants],
    probes: facts.probes.map(descriptionOf),
    pairs: [...result.pairs],
    controls: [...result.controls],
    declared: facts.declared,
    findings: findings.slice(0, MAX_FINDINGS),
    findingsOmitted: Math.max(0, findings.length - MAX_FINDINGS),
    counts,
  }
}

function verdictOf(
  counts: IsolationReport['counts'],
  ended: IsolationReport['ended'],
): ProofVerdict {
  if (counts.pairsFailed > 0) return 'failed'
  return counts.pairsInconclusive > 0 || counts.pairs === 0 || ended !== 'completed'
    ? 'inconclusive'
    : 'passed'
}

function countsOf(pairs: readonly ProofPair[]): IsolationReport['counts'] {
  const states = pairs.map(stateOf)
  const outcomes = pairs.flatMap(({ device, unrestricted }) => [
    ...Object.values(device),
    ...Object.values(unrestricted ?? {}),
  ])
  const pairsIn = (state: string) => states.filter((one) => one === state).length
  const probesWith = (outcome: ProbeOutcome) => outcomes.filter((one) => one === outcome).length
  return {
    pairs: pairs.length,
    pairsPassed: pairsIn('passed'),
    pairsFailed: pairsIn('failed'),
    pairsInconclusive: pairsIn('inconclusive'),
    probes: outcomes.length,
    refused: probesWith('refused'),
    held: probesWith('held'),
    crossed: probesWith('crossed'),
    inconclusive: probesWith('inconclusive'),
    notApplicable: probesWith('not-applicable'),
  }
}
