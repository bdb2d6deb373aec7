import type { NatsContext, NscAccount, NscFindingGroup, NscOperator } from '#shared/contract/nsc.ts'
import type { Tone } from '../../ui/state-mark.tsx'

/** How a group of findings is headed, and how it looks. */
export const GROUP_WORDS: Readonly<Record<NscFindingGroup, { title: string; tone: Tone }>> = {
  damaged: { title: 'Damaged', tone: 'bad' },
  unreadable: { title: 'Not readable', tone: 'bad' },
  missing: { title: 'Private key missing', tone: 'warn' },
  foreign: { title: 'Signed by others', tone: 'warn' },
  misplaced: { title: 'In the wrong folder', tone: 'warn' },
  expired: { title: 'Expired', tone: 'off' },
  revoked: { title: 'Revoked', tone: 'off' },
  orphaned: { title: 'Private key without a use', tone: 'off' },
  sound: { title: 'Sound', tone: 'ok' },
}

/** Those that want a look first. */
export const GROUP_ORDER: readonly NscFindingGroup[] = [
  'damaged',
  'unreadable',
  'missing',
  'foreign',
  'misplaced',
  'expired',
  'revoked',
  'orphaned',
  'sound',
]

/** What becomes of an account. */
export const PLACE_WORDS: Readonly<Record<NscAccount['becomes'], string>> = {
  system: 'System account',
  registry: 'Registry account',
  shared: 'Shared account',
  tenant: 'Account of one tenant',
  nothing: 'Left out',
}

/** What Muster adds to a deployment. */
export const MAKES_WORDS: Readonly<Record<NscOperator['makes'][number], string>> = {
  'registry-account':
    'The account REGISTRY, over which one registry serves all tenants. Their accounts are wired to it when a server is there.',
  'system-account':
    'A system account, which this operator has not. Servers need the operator’s new JWT and system_account in their configuration.',
  'system-key':
    'A signing key for the system account, whose own keys are not here. Servers need its new JWT in their configuration.',
}

/** Names of an import's steps, as they stand in the journal. */
export const STEP_WORDS: Readonly<Record<string, string>> = {
  'check-store': 'Look at the store again',
  'keep-keys': 'Put the keys into the keychain and read each back',
  'make-keys': 'Make what the store lacks',
  record: 'Record operator, accounts, tenants and credentials',
  'remove-files': 'Overwrite and delete the key files',
}

export const LOGIN_WORDS: Readonly<Record<NatsContext['login'], string>> = {
  credentials: 'Credential file',
  nkey: 'Key',
  password: 'User and password',
  token: 'Token',
  nsc: 'By nsc',
  none: 'None',
}
