import { ConflictError, RejectedError } from '#shared/errors.ts'

export function noOperator(): ConflictError {
  return new ConflictError({
    code: 'AUTHORITY_NOT_SET_UP',
    message: 'This profile has no operator yet, so there is nothing to keep a kit of.',
    advice: 'Make a local mesh first (Settings, Mesh), or restore from a kit.',
  })
}

export function foreignKit(kitOperator: string): RejectedError {
  return new RejectedError({
    code: 'KIT_FOREIGN',
    message: `The kit opens well, and it is the kit of another deployment (operator ${kitOperator}).`,
    advice: 'Choose the kit of this deployment; its operator key stands on its page.',
    details: { operator: kitOperator },
  })
}

export function keysNotHere(holders: readonly string[]): RejectedError {
  return new RejectedError({
    code: 'KIT_INCOMPLETE',
    message: `A kit would lack the identity keys of ${holders.join(', ')}: they are not on this computer.`,
    advice: 'Lend them from the kit that holds them (Keys, Recovery kit), then make the new one.',
    details: { count: holders.length },
  })
}

export function kitLacksKeys(holders: readonly string[]): RejectedError {
  return new RejectedError({
    code: 'KIT_LACKS_KEYS',
    message: `The kit does not hold the identity keys of ${holders.join(', ')}. Nothing was taken off this computer: they would be lost.`,
    advice: 'Make a new kit and rehearse it, then present that one.',
    details: { count: holders.length },
  })
}

export function profileInUse(): ConflictError {
  return new ConflictError({
    code: 'PROFILE_HAS_OPERATOR',
    message: 'This profile has an operator already, and a restore would put another in its place.',
    advice: 'Start Muster on an empty profile (--profile FOLDER) and restore there.',
  })
}

export function kitNeeded(): RejectedError {
  return new RejectedError({
    code: 'KIT_NEEDED',
    message:
      "This computer's keychain holds no keys of this profile, so the backup alone is not enough.",
    advice: 'Present the recovery kit as well.',
  })
}

export function backupUnusable(why: string): RejectedError {
  return new RejectedError({
    code: 'BACKUP_UNUSABLE',
    message: `The file is not a usable backup of Muster: ${why}`,
    advice: 'Choose a file that Muster saved as muster-backup-….db.gz, whole.',
  })
}

export function backupOfAnother(): RejectedError {
  return new RejectedError({
    code: 'BACKUP_FOREIGN',
    message: 'Kit and backup belong to different deployments: their operators differ.',
    advice: 'Choose the backup that was made beside this kit.',
  })
}
