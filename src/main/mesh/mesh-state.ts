import type { MeshState } from '#shared/contract/mesh.ts'
import type { MusterError } from '#shared/errors.ts'
import { problemOf } from './collaborators.ts'
import type { KeptState } from './kept-connection.ts'
import type { LocalServerState } from './local-server.ts'

type Condition = Pick<MeshState, 'state' | 'problem'>

/**
 * State of the local mesh: connected when both the server runs and Muster's own connection to its
 * system account stands.
 * @param wasConnected whether it was connected since it was last chosen
 * @param limitation what is wrong with a mesh that works for this computer
 */
export function localCondition(
  server: LocalServerState,
  link: KeptState,
  wasConnected: boolean,
  limitation: MusterError | undefined,
): Condition {
  if (server.phase === 'running' && link.phase === 'connected') {
    return { state: 'connected', problem: orNull(limitation) }
  }
  if (server.problem !== undefined) return { state: 'failed', problem: problemOf(server.problem) }
  // While the server restarts, that nothing answers says nothing.
  const problem = server.phase === 'running' ? lasting(link.problem) : undefined
  if (problem !== undefined) return { state: 'failed', problem: problemOf(problem) }
  return { state: wasConnected ? 'reconnecting' : 'starting', problem: null }
}

/** State of a remote mesh: that of the connection into its tenant. */
export function remoteCondition(connection: KeptState, wasConnected: boolean): Condition {
  if (connection.phase === 'connected') return { state: 'connected', problem: null }
  const { problem } = connection
  if (problem === undefined)
    return { state: wasConnected ? 'reconnecting' : 'starting', problem: null }
  return {
    state: wasConnected && problem.kind === 'transient' ? 'reconnecting' : 'failed',
    problem: problemOf(problem),
  }
}

/** A problem that does not go by itself in a moment. */
function lasting(problem: MusterError | undefined): MusterError | undefined {
  return problem?.kind === 'transient' ? undefined : problem
}

function orNull(error: MusterError | undefined): MeshState['problem'] {
  return error === undefined ? null : problemOf(error)
}
