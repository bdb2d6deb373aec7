import { RejectedError } from '#shared/errors.ts'

/** A bundle that is not what it should be. Nothing of it was written or taken over. */
function refused(code: string, why: string, advice: string, cause?: unknown): RejectedError {
  return new RejectedError({
    code,
    message: `The bundle was refused: ${why} Nothing of it was taken over.`,
    advice,
    cause,
  })
}

const ASK = 'Do not use it. Ask whoever gave it to you for another one, by a way that you trust.'
const AGAIN = 'Take it from where it was made once more, whole.'

export function unreadableArchive(cause: unknown): RejectedError {
  return refused('BUNDLE_DAMAGED', 'it is no archive, or it is cut off or damaged.', AGAIN, cause)
}

export function notABundle(): RejectedError {
  return refused(
    'BUNDLE_UNKNOWN',
    'it holds no manifest, so nobody says what is in it and who made it.',
    'Choose a bundle that Muster made: NAME.zip.age, NAME.zip, NAME.tar.gz.age or NAME.tar.gz.',
  )
}

export function unsafePath(path: string, why: string): RejectedError {
  return refused('BUNDLE_UNSAFE_PATH', `the file “${shown(path)}” in it ${why}.`, ASK)
}

export function tooLarge(why: string): RejectedError {
  return refused(
    'BUNDLE_TOO_LARGE',
    `${why}; no bundle is nearly as large, so it may be made to flood this computer.`,
    ASK,
  )
}

export function tooNew(version: number): RejectedError {
  return new RejectedError({
    code: 'BUNDLE_TOO_NEW',
    message: `This bundle is of format ${version}, which a newer Muster made than this one.`,
    advice: 'Update Muster, then open it again.',
    details: { version },
  })
}

export function tooOld(version: number): RejectedError {
  return refused(
    'BUNDLE_TOO_OLD',
    `it says that it is of format ${version}, which Muster never made.`,
    ASK,
  )
}

export function manifestMalformed(): RejectedError {
  return refused('BUNDLE_MANIFEST', 'its manifest is not one that Muster makes.', ASK)
}

export function signatureWrong(why: string): RejectedError {
  return refused('BUNDLE_SIGNATURE', `${why}, so it is not known who made it.`, ASK)
}

export function fileDiffers(path: string): RejectedError {
  return refused(
    'BUNDLE_HASH',
    `“${shown(path)}” is not what the manifest lists: it was changed.`,
    ASK,
  )
}

export function fileMissing(path: string): RejectedError {
  return refused(
    'BUNDLE_FILE_MISSING',
    `“${shown(path)}” is listed in its manifest and is not in it.`,
    AGAIN,
  )
}

export function fileUnlisted(path: string): RejectedError {
  return refused('BUNDLE_FILE_UNLISTED', `“${shown(path)}” is in it and not in its manifest.`, ASK)
}

export function foreignCredential(path: string, why: string): RejectedError {
  return refused('BUNDLE_FOREIGN_CREDENTIAL', `the credential “${shown(path)}” ${why}.`, ASK)
}

export function foreignSeed(path: string, what: string): RejectedError {
  return refused(
    'BUNDLE_FOREIGN_SEED',
    `“${shown(path)}” holds the private key of ${what}, which no bundle ever does.`,
    `${ASK} Whoever made it may have given the key away.`,
  )
}

function shown(path: string): string {
  return path.slice(0, 120)
}
