import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'
import { receiveFile } from '../../../lib/files/receive-file.ts'

/** Saves a diagnosis as a text without secrets. */
export function useExportDiagnosis() {
  const { queries } = useApi()
  return useMutation(queries.doctor.export.mutationOptions({ onSuccess: receiveFile }))
}
