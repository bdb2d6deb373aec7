import type { DatabaseSync } from 'node:sqlite'
import type { Authority } from '../authority/authority.ts'
import type { SaveFile } from '../files/saved-file.ts'
import type { ProofServer } from '../isolation/collaborators.ts'
import { IsolationService } from '../isolation/isolation-service.ts'
import type { Logger } from '../log/logger.ts'
import { notConnected } from '../mesh/kept-connection.ts'
import type { MeshService } from '../mesh/mesh-service.ts'
import type { SystemLink } from '../mesh/system-link.ts'

export interface IsolationParts {
  readonly database: DatabaseSync
  readonly authority: Authority
  readonly link: SystemLink
  readonly mesh: MeshService
  readonly saveFile: SaveFile
  readonly version: string
  readonly log: Logger
}

/** The isolation proof, with Muster's own connection to the system account as its witness. */
export function composeIsolation(parts: IsolationParts): IsolationService {
  const { link, mesh, log, ...rest } = parts
  return new IsolationService({
    ...rest,
    mesh: { proofServer: () => serverOf(mesh) },
    witness: link,
    log: log.part('isolation'),
  })
}

/** @throws RejectedError `NO_MESH`, `MESH_NOT_OURS`; TransientError `MESH_NOT_CONNECTED`. */
function serverOf(mesh: MeshService): ProofServer {
  // Only for its refusals: where Muster issues no credentials, it has none to try.
  mesh.deviceEndpoint()
  const place = mesh.placeOf('muster isolation proof')
  if (place === undefined) throw notConnected()
  return { ...place, name: mesh.state().name }
}
