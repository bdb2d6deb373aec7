import type { CellState, ProofPair } from '#shared/contract/isolation.ts'

/** What a pair is in the matrix: passed only where nothing crossed and all could be judged. */
export function stateOf({ device, unrestricted }: ProofPair): CellState {
  const outcomes = [...Object.values(device), ...Object.values(unrestricted ?? {})]
  if (outcomes.includes('crossed')) return 'failed'
  return outcomes.includes('inconclusive') || outcomes.length === 0 ? 'inconclusive' : 'passed'
}
