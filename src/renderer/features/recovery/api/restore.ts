import { useState } from 'react'
import { useMutation } from '@tanstack/react-query'
import type { PresentedKit } from '#shared/contract/recovery.ts'
import { useApi } from '../../../lib/connection/api-context.ts'

/** Bytes of one part; a multiple of three, so that base64 needs no padding in between. */
const PART_BYTES = 768 * 1024

/** Sends the backup and restores from it; `read` takes kit and passphrase from the fields, or null where the keychain has the keys. */
export function useRestore(read: () => PresentedKit | null) {
  const { client } = useApi()
  const [sent, setSent] = useState(0)
  const restore = useMutation({
    mutationFn: async (backup: File) => {
      const upload = crypto.randomUUID()
      const parts = Math.max(1, Math.ceil(backup.size / PART_BYTES))
      for (let part = 0; part < parts; part += 1) {
        const slice = backup.slice(part * PART_BYTES, (part + 1) * PART_BYTES)
        await client.recovery.uploadBackup({ upload, part, base64: await base64Of(slice) })
        setSent((part + 1) / parts)
      }
      return client.recovery.restore({ kit: read(), upload })
    },
    onSettled: () => setSent(0),
  })
  return { restore, sent }
}

function base64Of(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.addEventListener('load', () => {
      const url = typeof reader.result === 'string' ? reader.result : ''
      resolve(url.slice(url.indexOf(',') + 1))
    })
    reader.addEventListener('error', () => reject(reader.error ?? new Error('unreadable')))
    reader.readAsDataURL(blob)
  })
}
