import { isCustomRole, roleTitle } from '#shared/protocol/roles.ts'
import type {
  ExpiryFilter,
  ExpiryStatus,
  NoMeshReason,
  RenewalItemState,
  RenewalJob,
} from '#shared/contract/renewal.ts'
import type { Tone } from '../../ui/state-mark.tsx'

/** A filter that lets everything through. */
export const EVERYTHING: ExpiryFilter = {
  tenant: null,
  status: 'all',
  search: '',
  from: null,
  until: null,
}

export const STATUS: Readonly<Record<ExpiryStatus, { word: string; tone: Tone }>> = {
  ok: { word: 'In force', tone: 'ok' },
  due: { word: 'Due', tone: 'warn' },
  expired: { word: 'Expired', tone: 'bad' },
}

export const ITEM_STATES: Readonly<Record<RenewalItemState, { word: string; tone: Tone }>> = {
  waiting: { word: 'Waits', tone: 'off' },
  issuing: { word: 'Issuing', tone: 'busy' },
  delivering: { word: 'Handing over', tone: 'busy' },
  awaiting: { word: 'Reconnecting', tone: 'busy' },
  renewed: { word: 'Renewed', tone: 'ok' },
  written: { word: 'File written', tone: 'info' },
  manual: { word: 'To commission', tone: 'warn' },
  failed: { word: 'Failed', tone: 'bad' },
  'rolled-back': { word: 'Rolled back', tone: 'bad' },
  cancelled: { word: 'Not begun', tone: 'off' },
}

export const JOB_STATES: Readonly<Record<RenewalJob['state'], { word: string; tone: Tone }>> = {
  running: { word: 'Running', tone: 'busy' },
  cancelling: { word: 'Ending', tone: 'busy' },
  done: { word: 'Done', tone: 'ok' },
  cancelled: { word: 'Cancelled', tone: 'off' },
  stopped: { word: 'Stopped', tone: 'bad' },
}

/** Why some can't be renewed over the mesh, and what they need instead. */
export const NO_MESH: Readonly<Record<NoMeshReason, { title: string; text: string }>> = {
  offline: {
    title: 'not online',
    text: 'Renew them once they are back, or give each a file.',
  },
  'no-function': {
    title: 'without updateCredentials',
    text: 'Their firmware takes a file, or a reset and Commission.',
  },
  'no-device': {
    title: 'for registries or consoles',
    text: 'They read a file, beside the private key that they have.',
  },
  expired: {
    title: 'expired and cut off',
    text: 'The mesh does not let them in any more: carry a file there, or reset them and commission them again.',
  },
}

export function isOpen({ state }: RenewalJob): boolean {
  return state === 'running' || state === 'cancelling'
}

/** How many have ended, one way or the other. */
export function endedOf({ counts, total }: RenewalJob): number {
  return total - counts.waiting - counts.running
}

const ROLES: Readonly<Record<string, string>> = {
  device: 'Device',
  'device-own': 'Device, own',
  registry: 'Registry',
  console: 'Console',
}

export function roleName(role: string): string {
  if (isCustomRole(role)) return roleTitle(role)
  return ROLES[role] ?? `${role.slice(0, 1).toUpperCase()}${role.slice(1)}`
}

/** What came of a job in one line. */
export function outcomeText({ counts }: RenewalJob): string {
  const parts = [
    [counts.renewed, 'renewed'],
    [counts.written, 'as files'],
    [counts.manual, 'to commission'],
    [counts.failed, 'failed'],
    [counts.rolledBack, 'rolled back'],
    [counts.cancelled, 'not begun'],
  ] as const
  return parts
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count.toLocaleString('en')} ${word}`)
    .join(', ')
}
