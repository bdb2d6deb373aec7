import type { MeshState } from '#shared/contract/mesh.ts'
import type { Dialect } from '#shared/protocol/dialect.ts'
import type { ConnectionTarget } from './kept-connection.ts'
import type { MeshEndpoint } from './local-mesh.ts'

/** What a session tells of its mesh; `serverRestarts` are those of this session. */
export type SessionState = Omit<MeshState, 'since' | 'reconnects' | 'dialect'>

/** The mesh in use, local or remote, from its choice until another is chosen. */
export interface MeshSession {
  /** LOCAL or the id of the saved connection. */
  readonly id: string
  readonly dialect: Dialect
  /** Whether its accounts are this profile's operator's, so that devices can be taken into it. */
  readonly ours: boolean
  /** Whether its registry runs on this computer. */
  readonly runsRegistry: boolean
  /** @param wasConnected whether it was connected since it was chosen or changed */
  state(wasConnected: boolean): SessionState
  /** Where it is; undefined before that is known. */
  endpoint(): MeshEndpoint | undefined
  /** Where and as whom to connect into a tenant; undefined where that can't be. */
  targetOf(tenant: string): ConnectionTarget | undefined
  /** Whether the mesh has or may get this tenant. */
  serves(tenant: string): boolean
  /** Starts and keeps trying; the state tells what hinders. */
  begin(): Promise<void>
  /**
   * Resolves once every server trusts what this operator JWT lists.
   * @throws RejectedError `OPERATOR_NOT_INSTALLED` where that takes a person, `TENANTS_NOT_OURS`; MusterError.
   */
  installOperator(operatorJwt: string, signal: AbortSignal): Promise<void>
  /** Tries at once where it waits for the next try. */
  hurry(): Promise<void>
  end(): Promise<void>
}
