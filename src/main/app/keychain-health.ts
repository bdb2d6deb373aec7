import type { KeychainStatus } from '#shared/contract/keychain.ts'
import type { HealthService } from '../health/health-service.ts'
import type { KeychainService } from '../keychain/keychain-service.ts'
import type { Logger } from '../log/logger.ts'

export interface KeychainParts {
  readonly keychain: KeychainService
  readonly health: HealthService
  readonly log: Logger
}

/**
 * Opens the keychain, tells its state to health, and calls `onOpen` each time it becomes usable:
 * at start, or once the person unlocked it. Returns what ends it.
 */
export function connectKeychain(parts: KeychainParts, onOpen: () => Promise<void>): () => void {
  const { keychain, health, log } = parts
  let open = false
  const follow = (status: KeychainStatus) => {
    reportKeychain(health, status)
    const opened = status.state === 'open' && !open
    open = status.state === 'open'
    if (!opened) return
    onOpen().catch((error: unknown) => log.error('The mesh could not be started', { error }))
  }
  const unsubscribe = keychain.subscribe(({ status }) => follow(status))
  keychain
    .open()
    .catch((error: unknown) => log.error('The keychain could not be opened', { error }))
  return unsubscribe
}

function reportKeychain(health: HealthService, status: KeychainStatus): void {
  if (status.state === 'open')
    return health.report('keychain', { state: 'ok', summary: status.summary })
  const firstRun = status.state === 'uninitialised' || status.state === 'no-service'
  health.report('keychain', {
    state: firstRun ? 'off' : 'failed',
    summary: status.summary,
    problem: {
      code: `KEYCHAIN_${status.state.toUpperCase().replaceAll('-', '_')}`,
      kind: 'rejected',
      message: status.summary,
      advice: status.advice,
      details: {},
    },
  })
}
