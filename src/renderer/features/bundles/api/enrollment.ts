import { useMutation, useQuery } from '@tanstack/react-query'
import type { EnrollmentOrder } from '#shared/contract/enrollment.ts'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Addresses of this computer at which a package may be fetched. */
export function usePackageServers() {
  const { queries } = useApi()
  return useQuery(queries.enrollment.servers.queryOptions({ staleTime: 0, retry: false }))
}

/** Gives out a token. Its ticket is gone from memory with the dialog that shows it. */
export function useCreateEnrollment() {
  const { client } = useApi()
  return useMutation({
    mutationFn: (order: EnrollmentOrder) => client.enrollment.create(order),
    gcTime: 0,
  })
}

export function useRevokeEnrollment() {
  const { client } = useApi()
  return useMutation({
    mutationFn: (order: { id: string; typed: string }) => client.enrollment.revoke(order),
  })
}

export function useRemoveEnrollment() {
  const { client } = useApi()
  return useMutation({ mutationFn: (id: string) => client.enrollment.remove({ id }) })
}
