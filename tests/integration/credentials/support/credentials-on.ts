import { CREDENTIAL_MIGRATIONS } from '../../../../src/main/credentials/migrations.ts'
import { CredentialsService } from '../../../../src/main/credentials/credentials-service.ts'
import { silentLogger } from '../../../../src/main/log/logger.ts'
import type { TestApp } from '../../mesh/support/test-app.ts'

/** The credentials of an app that has no fleet. */
export function credentialsOn(app: TestApp): CredentialsService {
  for (const { sql } of CREDENTIAL_MIGRATIONS) app.database.exec(sql)
  return new CredentialsService({
    database: app.database,
    authority: app.authority,
    system: app.link,
    login: app.mesh,
    fleet: { record: () => Promise.resolve(null) },
    notify: () => undefined,
    log: silentLogger(),
  })
}
