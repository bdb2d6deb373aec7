import { useMutation, useQuery } from '@tanstack/react-query'
import { useRef, type DragEvent } from 'react'
import type { SavedFile } from '#shared/contract/common.ts'
import { useApi } from '../../../lib/connection/api-context.ts'
import { receiveFile } from '../../../lib/files/receive-file.ts'

/** Saves copies of the files of a receipt; called with a file's name. */
export function useSaveCopy(receipt: string) {
  const { client } = useApi()
  return useMutation({
    mutationFn: (name: string) => client.bundles.saveCopy({ id: receipt, name }),
    onSuccess: receiveFile,
  })
}

/**
 * What lets the person drag a file of a receipt out of the window. On a desktop main goes on with the drag;
 * a browser downloads where it is dropped, and has to know the address before the drag begins.
 */
export function useFileDrag(receipt: string) {
  const { client, queries } = useApi()
  const { data: info } = useQuery(queries.app.info.queryOptions({ staleTime: Infinity }))
  const offered = useRef(new Map<string, string>())
  const offer = useMutation({
    mutationFn: (name: string) => client.bundles.saveCopy({ id: receipt, name }),
    onSuccess: (saved: SavedFile, name) => {
      if (saved.type === 'download') offered.current.set(name, saved.url)
    },
  })
  const drag = useMutation({
    mutationFn: (name: string) => client.bundles.dragFile({ id: receipt, name }),
  })
  const handlersOf = (name: string) => ({
    draggable: true,
    onPointerDown: () => {
      if (info?.host === 'browser') offer.mutate(name)
    },
    onDragStart: (event: DragEvent) => {
      const url = offered.current.get(name)
      // Each address works once.
      offered.current.delete(name)
      if (url === undefined) {
        event.preventDefault()
        if (info?.host === 'electron') drag.mutate(name)
        return
      }
      const address = new URL(url, window.location.href).href
      event.dataTransfer.effectAllowed = 'copy'
      event.dataTransfer.setData('DownloadURL', `application/octet-stream:${name}:${address}`)
    },
  })
  return { handlersOf, error: offer.error ?? drag.error }
}
