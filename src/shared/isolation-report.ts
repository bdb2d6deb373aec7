import type {
  AttackerKind,
  CellState,
  IsolationReport,
  ProbeDescription,
  ProofFinding,
  ProofPair,
} from './contract/isolation.ts'

/** What a pair is in the matrix: passed only where nothing crossed and all could be judged. */
export function stateOf({ device, unrestricted }: ProofPair): CellState {
  const outcomes = [...Object.values(device), ...Object.values(unrestricted ?? {})]
  if (outcomes.includes('crossed')) return 'failed'
  return outcomes.includes('inconclusive') || outcomes.length === 0 ? 'inconclusive' : 'passed'
}

/** Findings that tell the same of several pairs. */
export interface FindingGroup {
  readonly kind: ProofFinding['kind']
  readonly probe: ProbeDescription | undefined
  readonly as: AttackerKind
  /** Of the first pair. */
  readonly text: string
  readonly evidence: ProofFinding['evidence']
  /** As `alpha → beta`. */
  readonly pairs: readonly string[]
}

/** The findings of a report, each told once, in their order: what crossed comes first. */
export function groupFindings({ findings, probes }: IsolationReport): FindingGroup[] {
  // Where nothing was seen the reason counts; else what was tried, and as whom.
  const keyOf = ({ kind, probe, as, text }: ProofFinding) =>
    kind === 'inconclusive' ? text : `${kind} ${probe} ${as} ${isWithinAccount(text)}`
  return [...Map.groupBy(findings, keyOf).values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const { kind, as, text, evidence } = first
    const pairs = group.map(({ attacker, victim }) => `${attacker} → ${victim}`)
    const probe = probes.find(({ id }) => id === first.probe)
    return [{ kind, probe, as, text, evidence, pairs }]
  })
}

function isWithinAccount(text: string): boolean {
  return text.includes('live in one account')
}
