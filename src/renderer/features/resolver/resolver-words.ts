import type {
  AccountDifference,
  AccountStanding,
  ResolverAccount,
  ResolverKind,
} from '#shared/contract/resolver.ts'
import type { Tone } from '../../ui/state-mark.tsx'

/** How an account stands, as mark. */
export const STANDINGS: Readonly<Record<AccountStanding, { tone: Tone; word: string }>> = {
  'in-step': { tone: 'ok', word: 'In step' },
  missing: { tone: 'warn', word: 'Missing' },
  older: { tone: 'warn', word: 'Older' },
  elsewhere: { tone: 'warn', word: 'Changed elsewhere' },
  foreign: { tone: 'bad', word: 'Foreign' },
  'not-loaded': { tone: 'off', word: 'Not in use' },
  unknown: { tone: 'warn', word: 'Not in the record' },
}

export const KINDS: Readonly<Record<ResolverKind, string>> = {
  full: 'Full resolver',
  memory: 'Memory resolver',
  url: 'URL resolver',
}

/** What it means, for the detail of an account. */
export function meaningOf({ standing, name, repairs }: ResolverAccount): string {
  switch (standing) {
    case 'in-step':
      return 'Every server has what this profile recorded.'
    case 'not-loaded':
      return 'No server uses it now. It is fetched when somebody logs in.'
    case 'missing':
      return 'A server lacks this account. Whoever belongs to it may be refused there.'
    case 'older':
      return 'A server has an earlier version: limits and revocations since then do not count there.'
    case 'elsewhere':
      return 'Another Muster with the same keys changed this account. Nothing was overwritten; decide which version counts. Revocations of both stay either way.'
    case 'foreign':
      if (repairs.includes('delete')) {
        return 'Somebody else signed this account, and this profile does not know it. Whoever put it there holds a key of your system account.'
      }
      return `Somebody else signed what a server has for ${name}. A running server may go on with the old version; after its next restart it refuses everybody in this account.`
    case 'unknown':
      return 'Your operator signed this account, but this profile has no record of it: another Muster made it, or the database is from an earlier backup.'
  }
}

export const REPAIRS: Readonly<
  Record<ResolverAccount['repairs'][number], { button: string; title: string; text: string }>
> = {
  push: {
    button: 'Put ours on the servers',
    title: 'Put ours on the servers',
    text: 'Every server gets the recorded version, signed anew. Who was revoked stays revoked.',
  },
  adopt: {
    button: 'Take over the servers’',
    title: 'Take over the servers’ version',
    text: 'What the servers have becomes the record of this profile. Revocations of both stay.',
  },
  delete: {
    button: 'Delete from the servers…',
    title: 'Delete from the servers',
    text: 'The account goes from every server; whoever is connected to it is cut off. Nothing in this profile refers to it.',
  },
}

const AREAS: Readonly<Record<AccountDifference['area'], string>> = {
  name: 'Name',
  limits: 'Limit',
  'signing-keys': 'Signing key',
  revocations: 'Revocation',
  imports: 'Import',
  exports: 'Export',
  mappings: 'Mapping',
  permissions: 'Default permission',
  other: 'Setting',
}

export function areaName({ area }: AccountDifference): string {
  return AREAS[area]
}

/** A key, or words that hold one, short enough for a line. */
export function shortened(text: string): string {
  return text.replaceAll(/\b([AUO][A-Z2-7]{5})[A-Z2-7]{45}([A-Z2-7]{5})\b/gu, '$1…$2')
}
