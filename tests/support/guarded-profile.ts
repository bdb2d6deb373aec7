import type { DatabaseSync } from 'node:sqlite'
import type { Keychain } from '../../src/main/authority/keychain.ts'
import { guardCalls, type Tripwire } from './tripwire.ts'

/** A keychain that breaks off where the tripwire says. */
export function guardKeychain(keychain: Keychain, wire: Tripwire): Keychain {
  return {
    get: (account) => wire.async(() => keychain.get(account)),
    set: (account, secret) => wire.async(() => keychain.set(account, secret)),
    delete: (account) => wire.async(() => keychain.delete(account)),
  }
}

/** A database that breaks off at its writes and transaction borders where the tripwire says. */
export function guardDatabase(database: DatabaseSync, wire: Tripwire): DatabaseSync {
  const guard = (call: () => unknown) => wire.sync(call)
  const guarded = guardCalls(database, ['exec'], guard)
  return new Proxy(guarded, {
    get: (_target, property) =>
      property === 'prepare'
        ? (sql: string) => guardCalls(database.prepare(sql), ['run'], guard)
        : (Reflect.get(guarded, property, guarded) as unknown),
  })
}
