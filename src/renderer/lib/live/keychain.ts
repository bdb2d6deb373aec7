import type { KeychainStatus } from '#shared/contract/keychain.ts'
import { LIVE, useLive } from './use-live.ts'
import { useStream, type LiveSource } from './use-stream.ts'

const source: LiveSource<{ type: 'snapshot'; status: KeychainStatus }, KeychainStatus> = {
  key: [LIVE, 'keychain'],
  open: (client, signal) => client.keychain.watch(undefined, { signal }),
  reduce: (_state, update) => update.status,
}

export function useKeychainStream(): void {
  useStream(source)
}

/** Whether Muster can reach its keys; undefined until main told it. */
export function useKeychain(): KeychainStatus | undefined {
  return useLive<KeychainStatus>(source.key)
}
