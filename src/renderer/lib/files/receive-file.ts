import type { SavedFile } from '#shared/contract/common.ts'

/**
 * Completes the saving of a file: where the host is a browser, the file that main offers is
 * downloaded now. Elsewhere it has been written already.
 */
export function receiveFile(saved: SavedFile): void {
  if (saved.type !== 'download') return
  const link = document.createElement('a')
  link.href = saved.url
  link.download = saved.name
  link.click()
}
