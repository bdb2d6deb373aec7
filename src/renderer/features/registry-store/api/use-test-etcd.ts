import { useMutation } from '@tanstack/react-query'
import type { EtcdAccess } from '#shared/contract/registry-store.ts'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Tries an etcd; `read` gives what was filled in at the moment of use only, null for the saved one. */
export function useTestEtcd(read: () => EtcdAccess | null) {
  const { client } = useApi()
  // Password and key are no variable of the mutation: those stay in memory after it.
  return useMutation({ mutationFn: () => client.registryStore.test(read()) })
}
