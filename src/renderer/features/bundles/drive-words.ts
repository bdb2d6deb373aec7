import type { Drive } from '#shared/contract/bundles.ts'

/** Why nothing can be put onto a drive, in a word and with what to do; undefined where it can. */
export function driveObstacle(
  { state, freeBytes }: Drive,
  bytes: number,
): { readonly word: string; readonly advice: string } | undefined {
  switch (state) {
    case 'read-only':
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
      return freeBytes !== null && freeBytes < bytes
        ? { word: 'Too full', advice: 'The bundle does not fit. Free some space on it.' }
        : undefined
  }
}
