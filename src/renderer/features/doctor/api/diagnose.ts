import { useMutation } from '@tanstack/react-query'
import type { CredentialSource } from '#shared/contract/doctor.ts'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Has a credential looked at. Asked for only then, so that no cache holds on to what is secret. */
export function useDiagnose() {
  const { client } = useApi()
  return useMutation({
    mutationFn: async (source: () => CredentialSource | Promise<CredentialSource>) =>
      client.doctor.diagnose(await source()),
  })
}
