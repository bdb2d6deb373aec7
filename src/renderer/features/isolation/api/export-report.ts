import { useMutation } from '@tanstack/react-query'
import { useApi } from '../../../lib/connection/api-context.ts'
import { receiveFile } from '../../../lib/files/receive-file.ts'

/** Saves a report as a file. */
export function useExportReport() {
  const { queries } = useApi()
  return useMutation(queries.isolation.exportReport.mutationOptions({ onSuccess: receiveFile }))
}
