import type {
  AuditAction,
  AuditBreak,
  AuditBreakKind,
  AuditFilter,
  AuditLine,
} from '#shared/contract/audit.ts'
import type { Tone } from '../../ui/state-mark.tsx'

/** The filter that leaves nothing out but beginnings whose end is told. */
export const EVERYTHING: AuditFilter = {
  action: null,
  result: null,
  key: null,
  text: '',
  from: null,
  to: null,
  beginnings: false,
}

export const ACTION_NAMES: Readonly<Record<AuditAction, string>> = {
  'operator-create': 'Operator created',
  'operator-change': 'Operator changed',
  'account-create': 'Account created',
  'account-change': 'Account changed',
  'account-remove': 'Account removed',
  'credential-issue': 'Credential issued',
  'credential-renew': 'Credential renewed',
  'credential-revoke': 'Credential revoked',
  'credential-strike': 'Credential taken back',
  'key-create': 'Key created',
  'key-rotate': 'Key rotated',
  'key-delete': 'Key deleted',
  'key-import': 'Key imported',
  'key-export': 'Key exported',
  'resolver-push': 'Pushed to resolver',
  'isolation-proof': 'Isolation proven',
  'nsc-import': 'nsc store imported',
  'nsc-export': 'nsc store exported',
  'recovery-kit': 'Recovery kit made',
  'recovery-rehearsal': 'Recovery rehearsed',
  'recovery-restore': 'Restored from kit',
  'audit-acknowledge': 'Break looked into',
  'doctor-login': 'Login tried',
  'bundle-sign': 'Bundle signed',
  'bundle-deliver': 'Bundle handed over',
  'bundle-import': 'Bundle brought in',
  'bundle-wipe': 'Bundle wiped',
  enrollment: 'Enrollment token',
  'registry-store': 'Registry store chosen',
}

/** An action in words; as it stands in the log where a newer Muster wrote it. */
export function actionName(action: string): string {
  return Object.hasOwn(ACTION_NAMES, action) ? ACTION_NAMES[action as AuditAction] : action
}

export function resultMark({ result, interrupted }: AuditLine): { word: string; tone: Tone } {
  if (result === 'done') return { word: 'Done', tone: 'ok' }
  if (result === 'failed') return { word: 'Failed', tone: 'bad' }
  if (result === 'refused') return { word: 'Refused', tone: 'warn' }
  return interrupted ? { word: 'Interrupted', tone: 'warn' } : { word: 'Begun', tone: 'off' }
}

/** A public key, short enough for a column. */
export function shortKey(key: string): string {
  return key.length <= 12 ? key : `${key.slice(0, 8)}…${key.slice(-4)}`
}

interface BreakWords {
  readonly title: (found: AuditBreak) => string
  readonly meaning: string
  readonly advice: string
}

const EDITED =
  'Find out who can write to the profile folder of this computer. An export or a backup from before shows what the entry said.'

export const BREAK_WORDS: Readonly<Record<AuditBreakKind, BreakWords>> = {
  altered: {
    title: ({ seq }) => `Entry ${seq} was edited`,
    meaning:
      'Its text does not give the hash that was written with it. What it says now is not what Muster wrote.',
    advice: EDITED,
  },
  unlinked: {
    title: ({ seq }) => `Entry ${seq} does not follow the one before it`,
    meaning: 'The entry before it was exchanged together with its hash, or this one was put in.',
    advice: EDITED,
  },
  missing: {
    title: ({ seq, last }) =>
      seq === last ? `Entry ${seq} is missing` : `Entries ${seq} to ${last} are missing`,
    meaning: 'They were taken out of the database. What they told is lost.',
    advice: EDITED,
  },
  cut: {
    title: ({ seq, last }) =>
      seq === last
        ? `The last entry, ${last}, is missing`
        : `The last entries, ${seq} to ${last}, are missing`,
    meaning:
      'The keychain remembers a log that went on. Its end was deleted, or an older copy of the database was put back.',
    advice:
      'If you restored a backup, that explains it: say so. If not, somebody removed what was done last.',
  },
  replaced: {
    title: ({ seq }) => `Entry ${seq} is not the one that the keychain remembers`,
    meaning:
      'The log is consistent in itself, but it was written anew, from some entry before this one on.',
    advice:
      'If you restored a backup and worked on, that explains it: say so. If not, compare with an export or a backup from before.',
  },
  unanchored: {
    title: () => 'The keychain does not know this log',
    meaning:
      'Where the log ended last time can not be compared, so entries missing at its end would not be seen.',
    advice:
      'This is expected on a new computer, or when the profile folder was moved. Otherwise find out who deleted the entry from the keychain.',
  },
}
