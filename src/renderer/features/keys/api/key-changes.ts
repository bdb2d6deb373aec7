import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Role } from '#shared/protocol/roles.ts'
import { useApi } from '../../../lib/connection/api-context.ts'

/** A signing key of an account; `account` is null for one of the operator's. */
export interface KeyChoice {
  readonly account: string | null
  readonly signingKey: string
}

/** Whom it takes down when this key goes; nothing is asked for the operator's. */
export function useKeyImpact({ account, signingKey }: KeyChoice) {
  const { queries } = useApi()
  return useQuery(
    queries.keys.keyImpact.queryOptions({
      input: { account: account ?? '', signingKey },
      enabled: account !== null,
      staleTime: 0,
    }),
  )
}

export function useRotateKey() {
  const { client } = useApi()
  const onSettled = useKeysChanged()
  return useMutation({
    mutationFn: ({ account, signingKey, cut }: KeyChoice & { readonly cut: boolean }) =>
      account === null
        ? client.keys.rotateOperator()
        : client.keys.rotate({ account, signingKey, cut }),
    onSettled,
  })
}

export function useRemoveKey() {
  const { client } = useApi()
  const onSettled = useKeysChanged()
  return useMutation({
    mutationFn: (key: { account: string; signingKey: string; cut: boolean }) =>
      client.keys.remove(key),
    onSettled,
  })
}

export function useAddRole() {
  const { client } = useApi()
  const onSettled = useKeysChanged()
  return useMutation({
    mutationFn: (order: { account: string; role: Role; tenant: string | null }) =>
      client.keys.addRole(order),
    onSettled,
  })
}

export function useResume() {
  const { client } = useApi()
  const onSettled = useKeysChanged()
  return useMutation({ mutationFn: (id: string) => client.keys.resume({ id }), onSettled })
}

export function useRollBack() {
  const { client } = useApi()
  const onSettled = useKeysChanged()
  return useMutation({ mutationFn: (id: string) => client.keys.rollBack({ id }), onSettled })
}

function useKeysChanged(): () => void {
  const { queries } = useApi()
  const cache = useQueryClient()
  return () => void cache.invalidateQueries({ queryKey: queries.keys.key() })
}
