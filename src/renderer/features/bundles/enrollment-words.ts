import type { Enrollment, EnrollmentState } from '#shared/contract/enrollment.ts'
import type { Tone } from '../../ui/state-mark.tsx'

export const STATE_WORDS: Readonly<
  Record<EnrollmentState, { readonly word: string; readonly tone: Tone; readonly told: string }>
> = {
  pending: { word: 'Pending', tone: 'info', told: 'Waits for whoever has the token' },
  provisioning: { word: 'Provisioning', tone: 'busy', told: 'The token was shown: issuing' },
  ready: { word: 'Ready', tone: 'busy', told: 'The package was made and goes out' },
  downloaded: { word: 'Downloaded', tone: 'warn', told: 'The package was taken' },
  installed: { word: 'Installed', tone: 'ok', told: 'Its credential was seen connected' },
  revoked: { word: 'Revoked', tone: 'off', told: 'Revoked' },
  expired: { word: 'Expired', tone: 'off', told: 'Nobody came in time' },
}

/** Whether its token can still be used. */
export function isOpen({ state }: Enrollment): boolean {
  return state === 'pending' || state === 'provisioning' || state === 'ready'
}

/** What a revocation takes down, in this state. */
export function revocationText({ state, name }: Enrollment): string {
  switch (state) {
    case 'provisioning':
    case 'ready':
      return 'The package on its way is cut off, and what was issued for it is withdrawn.'
    case 'downloaded':
    case 'installed':
      return `The credential of ${name} is revoked: it is cut off at once, and needs a new one to come back.`
    case 'pending':
    case 'expired':
    case 'revoked':
      return 'The token is dead at once. Nothing was issued for it yet.'
  }
}
