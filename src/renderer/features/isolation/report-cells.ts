import type { CellState, IsolationReport } from '#shared/contract/isolation.ts'
import { stateOf } from '#shared/isolation-report.ts'

/** The matrix of a report; rows are attackers, in the order of its tenants. */
export function cellsOf({ tenants, pairs }: IsolationReport): CellState[][] {
  const states = new Map(pairs.map((pair) => [`${pair.attacker} ${pair.victim}`, stateOf(pair)]))
  return tenants.map(({ name }) =>
    tenants.map(({ name: victim }) =>
      name === victim ? 'self' : (states.get(`${name} ${victim}`) ?? 'inconclusive'),
    ),
  )
}
