import { CREDENTIAL_MIGRATIONS } from '../../../../src/main/credentials/migrations.ts'
import { CredentialsService } from '../../../../src/main/credentials/credentials-service.ts'
import { silentLogger } from '../../../../src/main/log/logger.ts'
import type { FaultWorld } from '../../../support/fault/fault-world.ts'
import { loginAt, systemOf } from './site.ts'

/** The credentials service on a profile that processes die on. */
export function openCredentials({
  database,
  authority,
  publisher,
}: FaultWorld): CredentialsService {
  const has = database
    .prepare("SELECT 1 FROM sqlite_master WHERE name = 'credential_revocations'")
    .get()
  if (has === undefined) for (const { sql } of CREDENTIAL_MIGRATIONS) database.exec(sql)
  const url = () => publisher.connection?.getServer() ?? ''
  return new CredentialsService({
    database,
    authority,
    system: systemOf({ publisher }),
    login: { tryLogin: loginAt(url) },
    fleet: { record: () => Promise.resolve(null) },
    notify: () => undefined,
    log: silentLogger(),
  })
}
