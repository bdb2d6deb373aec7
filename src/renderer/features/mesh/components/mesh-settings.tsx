import type { MeshState } from '#shared/contract/mesh.ts'
import { ConnectionList } from './connection-list.tsx'
import { ReachSettings } from './reach-settings.tsx'

/** The mesh in use and the ones that can be switched to. */
export function MeshSettings({ mesh }: { mesh: MeshState }) {
  return (
    <>
      {mesh.kind === 'local' && <ReachSettings mesh={mesh} />}
      <ConnectionList mesh={mesh} />
    </>
  )
}
