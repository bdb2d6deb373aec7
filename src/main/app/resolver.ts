import type { DatabaseSync } from 'node:sqlite'
import type { Authority } from '../authority/authority.ts'
import type { Logger } from '../log/logger.ts'
import type { ClaimsPublisher } from '../mesh/claims-publisher.ts'
import type { MeshService } from '../mesh/mesh-service.ts'
import { AccountHistory } from '../resolver/account-history.ts'
import { ResolverService } from '../resolver/resolver-service.ts'
import type { ResolverCalls } from '../router/resolver.ts'

export interface ResolverParts {
  readonly database: DatabaseSync
  readonly authority: Authority
  readonly publisher: ClaimsPublisher
  readonly mesh: MeshService
  readonly log: Logger
}

/** The resolver of the mesh in use, the history of accounts, and meshes elsewhere that are ours. */
export function composeResolver(parts: ResolverParts): ResolverCalls {
  const { database, authority, publisher, mesh, log } = parts
  const resolver = new ResolverService({
    publisher,
    authority,
    history: new AccountHistory(database),
    mesh: () => ({ name: mesh.state().name, ours: mesh.ours() }),
    log: log.part('resolver'),
  })
  return {
    look: (signal) => resolver.look(signal),
    repair: (account, repair, signal) => resolver.repair(account, repair, signal),
    versions: (account) => resolver.versions(account),
    diff: (account, from, to) => resolver.diff(account, from, to),
    planRollback: (account, version) => resolver.planRollback(account, version),
    rollBack: (account, version, signal) => resolver.rollBack(account, version, signal),
    managed: () => mesh.managed(),
    addManaged: (order) => mesh.addManaged(order),
    configuration: (id) => mesh.configuration(id),
    writeConfiguration: (id) => mesh.writeConfiguration(id),
  }
}
