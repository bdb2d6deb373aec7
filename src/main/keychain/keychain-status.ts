import type { KeychainStatus } from '#shared/contract/keychain.ts'
import type { MusterError } from '#shared/errors.ts'
import type { KeychainBackend } from './keychain.ts'

type KeychainState = KeychainStatus['state']

// The errors that say that the keychain as a whole can't be used, by the state they put it in.
const STATES: Readonly<Record<string, KeychainState>> = {
  KEYCHAIN_LOCKED: 'locked',
  KEYCHAIN_TIMEOUT: 'locked',
  KEYCHAIN_CLOSED: 'locked',
  KEYCHAIN_DENIED: 'denied',
  KEYCHAIN_UNAVAILABLE: 'no-service',
  KEYCHAIN_NO_COLLECTION: 'no-service',
  KEYCHAIN_CHANGED: 'changed',
  KEYCHAIN_KERNEL_ONLY: 'kernel-keyring',
  KEYCHAIN_UNINITIALISED: 'uninitialised',
}

const OPEN: Readonly<Record<KeychainBackend, string>> = {
  os: "Keys are kept in this computer's keychain.",
  vault: 'Keys are kept in an encrypted vault file of this profile.',
  memory: 'Keys are kept in memory only and end with this run.',
}

/** What the person is told: the problem where there is one, else where the keys are. */
export function statusOf(
  problem: MusterError | undefined,
  backend: KeychainBackend | null,
): KeychainStatus {
  if (problem === undefined) {
    return { state: 'open', backend, summary: backend === null ? '' : OPEN[backend], advice: '' }
  }
  const vault = problem.code.startsWith('VAULT_')
  const state = STATES[problem.code] ?? (vault ? 'locked' : 'no-service')
  return { state, backend, summary: problem.message, advice: problem.advice }
}

/** Whether an error of one call means that the keychain as a whole stopped being usable. */
export function changesState(problem: MusterError): boolean {
  return problem.code in STATES
}
