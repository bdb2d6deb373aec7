import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { RoleTemplate } from '#shared/contract/keys.ts'
import type { Role } from '#shared/protocol/roles.ts'
import { useApi } from '../../../lib/connection/api-context.ts'

/** The roles with their templates and the keys that carry them. */
export function useRoles() {
  const { queries } = useApi()
  return useQuery(queries.keys.roles.queryOptions({ staleTime: 0 }))
}

/** Who is cut when this role is edited; asked once the person is about to save. */
export function useRoleImpact(role: Role, enabled: boolean) {
  const { queries } = useApi()
  return useQuery(queries.keys.roleImpact.queryOptions({ input: { role }, enabled, staleTime: 0 }))
}

/** Saves the permissions of a role; null goes back to those it came with. */
export function useSetRole() {
  const { client, queries } = useApi()
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (change: { role: Role; template: RoleTemplate | null }) =>
      client.keys.setRole(change),
    onSuccess: () => cache.invalidateQueries({ queryKey: queries.keys.key() }),
  })
}
