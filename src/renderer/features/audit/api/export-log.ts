import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'
import { receiveFile } from '../../../lib/files/receive-file.ts'

/** Saves the whole log as a file. */
export function useExportLog() {
  const { queries } = useApi()
  return useMutation(queries.audit.export.mutationOptions({ onSuccess: receiveFile }))
}
