import type { MeshState } from '#shared/contract/mesh.ts'
import { LOCAL, type MeshStore } from './mesh-store.ts'

/** What is told of the local mesh as its name. */
export const LOCAL_NAME = 'Local mesh'

/** The state where no mesh is in use. */
export function withoutMesh(): MeshState {
  return {
    kind: 'none',
    name: '',
    dialect: 'device-connect',
    state: 'stopped',
    since: new Date().toISOString(),
    deviceUrls: [],
    reach: 'loopback',
    tls: false,
    serverVersion: null,
    rttMs: null,
    reconnects: 0,
    serverRestarts: 0,
    canIssue: false,
    problem: null,
  }
}

/**
 * The mesh that was in use last, as it is until it is taken up again: stopped, for example because
 * the keychain is locked. A profile that has a mesh must never look like a new one.
 */
export function restingState(store: MeshStore): MeshState {
  const id = store.chosen()
  const local = id === LOCAL ? store.local() : undefined
  if (local !== undefined) {
    const { dialect, reach } = local
    const tls = reach.kind === 'network' && reach.tls
    return { ...withoutMesh(), kind: 'local', name: LOCAL_NAME, dialect, reach: reach.kind, tls }
  }
  if (id === undefined) return withoutMesh()
  const remote = store.remote(id) ?? store.managed(id)
  if (remote === undefined) return withoutMesh()
  const { name, urls } = remote
  const dialect = 'dialect' in remote ? remote.dialect : withoutMesh().dialect
  return { ...withoutMesh(), kind: 'remote', name, dialect, deviceUrls: [...urls], reach: 'remote' }
}
