import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Creates the local mesh and its first tenant; takes some seconds. */
export function useCreateLocalMesh() {
  const { queries } = useApi()
  return useMutation(queries.mesh.createLocal.mutationOptions())
}
