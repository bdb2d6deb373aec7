import { RejectedError } from '#shared/errors.ts'

/** Shortest passphrase of a new vault, in characters. */
const PASSPHRASE_MIN_LENGTH = 10
const PASSPHRASE_MAX_LENGTH = 1024
const PASSPHRASE_MIN_DISTINCT = 4

/**
 * Refuses what is guessed at once. The vault file may be copied and attacked at leisure; scrypt
 * makes each guess cost about half a second, which saves no passphrase of six letters.
 * @throws RejectedError `PASSPHRASE_TOO_SHORT`, `PASSPHRASE_TOO_LONG`, `PASSPHRASE_TOO_SIMPLE`.
 */
export function checkNewPassphrase(passphrase: string): void {
  const characters = Array.from(passphrase.normalize('NFKC'))
  if (characters.length < PASSPHRASE_MIN_LENGTH) {
    throw new RejectedError({
      code: 'PASSPHRASE_TOO_SHORT',
      message: `The passphrase has fewer than ${PASSPHRASE_MIN_LENGTH} characters; it would be guessed.`,
      advice: 'Use four or five words that do not belong together.',
      details: { minimum: PASSPHRASE_MIN_LENGTH },
    })
  }
  if (characters.length > PASSPHRASE_MAX_LENGTH) {
    throw new RejectedError({
      code: 'PASSPHRASE_TOO_LONG',
      message: `The passphrase has more than ${PASSPHRASE_MAX_LENGTH} characters.`,
      advice: 'Use a shorter one; beyond 40 characters it gets no safer.',
      details: { maximum: PASSPHRASE_MAX_LENGTH },
    })
  }
  if (new Set(characters).size < PASSPHRASE_MIN_DISTINCT) {
    throw new RejectedError({
      code: 'PASSPHRASE_TOO_SIMPLE',
      message: 'The passphrase repeats the same few characters; it would be guessed.',
      advice: 'Use four or five words that do not belong together.',
    })
  }
}
