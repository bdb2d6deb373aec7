import {
  ConflictError,
  messageOf,
  MusterError,
  RejectedError,
  TransientError,
} from '#shared/errors.ts'

const UNWRITABLE = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOTDIR',
  'EISDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'EINVAL',
])
const GONE = new Set(['ENOENT', 'EIO', 'ENODEV', 'ENXIO', 'ESTALE', 'ENOTCONN', 'ECONNABORTED'])

/** Why files could not be written, in words; an error of Muster's own stays as it is. */
export function notWritten(error: unknown, folder: string): unknown {
  if (error instanceof MusterError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'EEXIST')
    return fileIsThere(error instanceof Error && 'path' in error ? String(error.path) : folder)
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new TransientError({
      code: 'DISK_FULL',
      message: `${folder} is full. What was written of the bundle was removed.`,
      advice: 'Free some space there, or choose another place, then try again.',
      details: { folder },
      cause: error,
    })
  }
  if (GONE.has(code)) {
    return destinationGone(folder, messageOf(error), error)
  }
  if (!UNWRITABLE.has(code)) return error
  return new RejectedError({
    code: 'FOLDER_UNWRITABLE',
    message: `Muster can not write into ${folder}: ${messageOf(error)}`,
    advice: 'Choose a folder that is yours, on a disk that is not write-protected.',
    details: { folder },
    cause: error,
  })
}

export function destinationGone(folder: string, why: string, cause?: unknown): TransientError {
  return new TransientError({
    code: 'DESTINATION_GONE',
    message: `${folder} could not be written to any more: the drive was pulled, or it fails (${why}).`,
    advice: 'Put it back in and look at what is on it (Bundles, Open), then try again.',
    details: { folder },
    cause,
  })
}

export function readBackDiffers(name: string): RejectedError {
  return new RejectedError({
    code: 'BUNDLE_READ_BACK',
    message: `${name} was written and did not read back the same: the medium is damaged or not what it says. It was removed.`,
    advice: 'Use another stick or disk.',
  })
}

export function cancelled(): TransientError {
  return new TransientError({
    code: 'CANCELLED',
    message:
      'It was cancelled. What was written was removed, and what was issued for it is withdrawn.',
    advice: 'Begin again when you like.',
  })
}

export function fileIsThere(path: string): ConflictError {
  return new ConflictError({
    code: 'FILE_EXISTS',
    message: `There is a file ${path} already. It stays as it is.`,
    advice: 'Choose another name or folder, or move that file away.',
    details: { path },
  })
}

export function diskTooSmall(folder: string, needed: number, free: number): TransientError {
  return new TransientError({
    code: 'DISK_FULL',
    message: `The bundle takes about ${Math.ceil(needed / 1024)} KiB, and ${folder} has ${Math.floor(free / 1024)} KiB left.`,
    advice: 'Free some space there, or choose another place.',
    details: { folder, needed, free },
  })
}

export function notAFolder(path: string): RejectedError {
  return new RejectedError({
    code: 'FOLDER_INVALID',
    message: `${path} is a file, not a folder.`,
    advice: 'Choose the folder that the bundle shall be put into.',
    details: { path },
  })
}

export function folderSynced(folder: string, service: string): RejectedError {
  return new RejectedError({
    code: 'FOLDER_SYNCED',
    message: `${folder} is kept the same on other computers by ${service}: what is put there is copied away at once, and a copy stays when it is deleted.`,
    advice: 'Choose another folder, or say that you want it there.',
    details: { folder, service },
  })
}

export function plainSynced(service: string): RejectedError {
  return new RejectedError({
    code: 'BUNDLE_PLAIN_SYNCED',
    message: `An open bundle would be copied to other computers by ${service}.`,
    advice: 'Seal it, or choose a folder that stays on this computer.',
    details: { service },
  })
}

export function bundleRunning(): ConflictError {
  return new ConflictError({
    code: 'BUNDLE_RUNNING',
    message: 'Another bundle is being made.',
    advice: 'Wait until it is done, or cancel it.',
  })
}

export function nothingToHandOver(reason: string): RejectedError {
  return new RejectedError({
    code: 'BUNDLE_EMPTY',
    message: `Nothing can be handed over: ${reason}`,
    advice: 'Choose other devices, or another way for their keys.',
  })
}

export function loopbackUrl(url: string): RejectedError {
  return new RejectedError({
    code: 'BUNDLE_LOOPBACK',
    message: `${url} means "this computer" wherever it is used, so the receiving side would look for the mesh on itself.`,
    advice:
      'Use an address of this computer on the network, or say that the bundle is for this computer.',
    details: { url },
  })
}

export function urlInvalid(url: string): RejectedError {
  return new RejectedError({
    code: 'URL_INVALID',
    message: `${url.slice(0, 200)} is no address of a mesh.`,
    advice: 'Write nats://HOST:4222, tls://HOST:4222, ws://HOST or wss://HOST, without user name.',
  })
}

export function receiptUnknown(): RejectedError {
  return new RejectedError({
    code: 'RECEIPT_UNKNOWN',
    message: 'This receipt is not in this profile (any more).',
    advice: 'Choose another one.',
  })
}

export function personUnknown(): RejectedError {
  return new RejectedError({
    code: 'PERSON_UNKNOWN',
    message: 'Somebody whom the bundle was to be sealed to is not in the address book (any more).',
    advice: 'Choose from the address book once more.',
  })
}
