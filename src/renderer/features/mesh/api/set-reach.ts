import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Opens the local mesh to the network, or closes it; its server restarts. */
export function useSetReach() {
  const { queries } = useApi()
  return useMutation(queries.mesh.setReach.mutationOptions())
}
