import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Puts somebody into the address book. */
export function useAddPerson() {
  const { client } = useApi()
  return useMutation({
    mutationFn: (person: { name: string; publicKey: string; note: string }) =>
      client.bundles.addPerson(person),
  })
}

export function useRemovePerson() {
  const { client } = useApi()
  return useMutation({ mutationFn: (id: string) => client.bundles.removePerson({ id }) })
}
