// A KeychainService in a process of its own, since the session bus is found by the environment of
// the process. Forked with the service's options as JSON; takes calls and answers over IPC.
import { KeychainService } from '../../../src/main/keychain/keychain-service.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { toMusterError } from '../../../src/shared/errors.ts'
import type { DriverAnswer, DriverCall, DriverOptions } from './drive-keychain.ts'

const options = JSON.parse(process.argv[2] ?? '{}') as DriverOptions
const keychain = new KeychainService({ ...options, packaged: false, log: silentLogger() })

process.on('message', ({ id, method, args }: DriverCall) => {
  const call = keychain[method] as (...given: string[]) => unknown
  Promise.resolve()
    .then(() => call.apply(keychain, [...args]))
    .then(
      (value): DriverAnswer => ({ id, value, waits: keychain.waitsForSystem }),
      (error: unknown): DriverAnswer => ({ id, code: toMusterError(error).code }),
    )
    .then((answer) => process.send?.(answer))
    .catch(() => process.exit(1))
})
