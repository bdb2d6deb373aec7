import type { Drive } from '#shared/contract/bundles.ts'

/**
 * Why a drive can't be used, in a word and with what to do; undefined where it can. `bytes` is what will be put onto it; null
 * where it is only looked at.
 */
export function driveObstacle(
  { state, freeBytes }: Drive,
  bytes: number | null,
): { readonly word: string; readonly advice: string } | undefined {
  switch (state) {
    case 'read-only':
      if (bytes === null) return undefined
      return {
        word: 'Read-only',
        advice: 'Slide the switch on its side. Without one it is worn out: use another.',
      }
    case 'not-mounted':
      return { word: 'Not opened', advice: 'Open it in the file manager of that computer.' }
    case 'blank':
      return {
        word: 'No file system',
        advice:
          'This computer can not read it. Format it (exFAT is read everywhere), or use another.',
      }
    case 'ready':
      return bytes !== null && freeBytes !== null && freeBytes < bytes
        ? { word: 'Too full', advice: 'The bundle does not fit. Free some space on it.' }
        : undefined
  }
}
