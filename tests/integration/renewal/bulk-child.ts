import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import { connect, jwtAuthenticator } from '@nats-io/transport-node'
import { Authority } from '../../../src/main/authority/authority.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'
import { noAudit } from '../../support/no-audit.ts'
import { MapKeychain } from '../authority/support/deployment.ts'
import { allOnline, openRenewals } from './open-renewals.ts'

/** What the parent hands over on standard input: a profile, and two logins. */
export interface BulkOrder {
  readonly databasePath: string
  readonly keychain: readonly (readonly [string, string])[]
  readonly serverUrl: string
  readonly system: { readonly jwt: string; readonly seed: string }
  readonly console: { readonly jwt: string; readonly seed: string; readonly inboxPrefix: string }
  readonly ids: readonly string[]
  readonly atOnce: number
}

/** A Muster that renews in bulk, to be killed in the middle of it. Says `renewed N` on its way. */
if (import.meta.main) {
  const order = JSON.parse(await text(process.stdin)) as BulkOrder
  const database = new DatabaseSync(order.databasePath)
  database.exec('PRAGMA busy_timeout = 5000')
  const keychain = new MapKeychain()
  for (const [account, secret] of order.keychain) keychain.entries.set(account, secret)
  const login = ({ jwt, seed }: { jwt: string; seed: string }) =>
    jwtAuthenticator(jwt, new TextEncoder().encode(seed))
  const servers = order.serverUrl
  const system = await connect({ servers, authenticator: login(order.system) })
  const { inboxPrefix } = order.console
  const console = await connect({ servers, authenticator: login(order.console), inboxPrefix })
  const service = openRenewals({
    authority: new Authority({
      database,
      keychain,
      audit: noAudit,
      log: silentLogger(),
      publisher: {
        maxPayloadBytes: () => 1_048_576,
        publish: () => Promise.reject(new Error('nothing is to be pushed')),
        withdraw: () => Promise.reject(new Error('nothing is to be pushed')),
      },
    }),
    database,
    system,
    console,
    serverUrl: servers,
    devices: allOnline,
  })
  service.subscribe((update) => {
    if (update.type !== 'job') return
    process.stdout.write(`renewed ${update.job.counts.renewed}\n`)
  })
  const selection = { ids: [...order.ids] }
  await service.start(
    {
      selection,
      others: 'leave',
      folder: null,
      validDays: 90,
      atOnce: order.atOnce,
      spreadMinutes: 0,
    },
    new AbortController().signal,
  )
}
