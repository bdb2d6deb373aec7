import { useQuery } from '@tanstack/react-query'
import { isCustomRole, type Role } from '#shared/protocol/roles.ts'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Roles of people and programs, for which a context makes sense; those that came with a store last. */
export function useRolesForContexts(): readonly Role[] {
  const { queries } = useApi()
  const roles = useQuery(queries.keys.roles.queryOptions()).data?.roles ?? []
  return [
    'console',
    'viewer',
    'orchestrator',
    ...roles.map(({ role }) => role).filter(isCustomRole),
  ]
}
