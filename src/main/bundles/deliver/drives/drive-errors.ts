import { ConflictError, RejectedError, TransientError } from '#shared/errors.ts'

export function drivesUnknown(tool: string, why: string): TransientError {
  return new TransientError({
    code: 'DRIVES_UNKNOWN',
    message: `Muster could not ask the system which drives there are: ${tool} ${why}`,
    advice: 'Choose the folder of the stick instead, or try again.',
    details: { tool },
  })
}

export function driveGone(name: string): TransientError {
  return new TransientError({
    code: 'DRIVE_GONE',
    message: `The drive ${name} is not plugged in (any more).`,
    advice: 'Plug it in again, or choose another place.',
  })
}

export function driveSwapped(name: string, path: string): ConflictError {
  return new ConflictError({
    code: 'DRIVE_SWAPPED',
    message: `Another drive is at ${path} now, not the ${name} that was chosen. Nothing was written to it.`,
    advice: 'Plug in the one that was chosen, or choose this one.',
    details: { path },
  })
}

export function driveNotMounted(name: string): TransientError {
  return new TransientError({
    code: 'DRIVE_NOT_MOUNTED',
    message: `The drive ${name} is plugged in, and the system has not opened it (it is not mounted).`,
    advice: 'Open it in the file manager, then try again.',
  })
}

export function driveReadOnly(name: string): RejectedError {
  return new RejectedError({
    code: 'DRIVE_READ_ONLY',
    message: `The drive ${name} is read-only.`,
    advice:
      'Slide the switch on its side, if it has one. A stick that turned read-only by itself is worn out or was pulled too early: use another one, or have its file system repaired.',
  })
}

export function driveTooSmall(name: string, needed: number, free: number): TransientError {
  return new TransientError({
    code: 'DISK_FULL',
    message: `The bundle takes about ${Math.ceil(needed / 1024)} KiB on the drive ${name}, which has ${Math.floor(free / 1024)} KiB left.`,
    advice: 'Free some space there, or use another one.',
    details: { needed, free },
  })
}

export function nameNotForDrive(why: string, fileSystem: string): RejectedError {
  return new RejectedError({
    code: 'DRIVE_NAME',
    message: `${why} That can not be on a drive with ${fileSystem}.`,
    advice: 'Give the bundle another name.',
  })
}

export function fileTooLarge(name: string, fileSystem: string): RejectedError {
  return new RejectedError({
    code: 'DRIVE_FILE_SIZE',
    message: `${name} has 4 GiB or more, which is more than ${fileSystem} can hold in one file.`,
    advice: 'Use a drive with exFAT, or hand over fewer devices at once.',
  })
}

export function driveNotEjected(name: string, why: string): TransientError {
  return new TransientError({
    code: 'DRIVE_NOT_EJECTED',
    message: `The bundle is on the drive ${name}, whole; the drive could not be ejected: ${why}`,
    advice:
      'Close what has files on it open, then eject it in the file manager before you pull it.',
  })
}
