import type { CellState, IsolationReport, ProofPair } from '#shared/contract/isolation.ts'

/** The matrix of a report; rows are attackers, in the order of its tenants. */
export function cellsOf({ tenants, pairs }: IsolationReport): CellState[][] {
  const states = new Map(pairs.map((pair) => [`${pair.attacker} ${pair.victim}`, stateOf(pair)]))
  return tenants.map(({ name }) =>
    tenants.map(({ name: victim }) =>
      name === victim ? 'self' : (states.get(`${name} ${victim}`) ?? 'inconclusive'),
    ),
  )
}

/** Passed only where nothing crossed and all could be judged. */
export function stateOf({ device, unrestricted }: ProofPair): CellState {
  const outcomes = [...Object.values(device), ...Object.values(unrestricted ?? {})]
  if (outcomes.includes('crossed')) return 'failed'
  return outcomes.includes('inconclusive') || outcomes.length === 0 ? 'inconclusive' : 'passed'
}
