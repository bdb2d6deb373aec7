import type { MeshState } from '#shared/contract/mesh.ts'
import { LIVE, useLive } from './use-live.ts'
import { useStream, type LiveSource } from './use-stream.ts'

const source: LiveSource<{ type: 'snapshot'; mesh: MeshState }, MeshState> = {
  key: [LIVE, 'mesh'],
  open: (client, signal) => client.mesh.watch(undefined, { signal }),
  reduce: (_state, update) => update.mesh,
}

export function useMeshStream(): void {
  useStream(source)
}

/** The mesh that Muster uses now; undefined until main told it. */
export function useMesh(): MeshState | undefined {
  return useLive<MeshState>(source.key)
}
