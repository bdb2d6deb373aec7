import type { AppOptions } from '../app.ts'
import { Authority } from '../authority/authority.ts'
import { FleetService } from '../fleet/fleet-service.ts'
import { HealthService } from '../health/health-service.ts'
import { KeychainService } from '../keychain/keychain-service.ts'
import { openFileLogger } from '../log/logger.ts'
import { ClaimsPublisher } from '../mesh/claims-publisher.ts'
import { MeshService } from '../mesh/mesh-service.ts'
import { PushMarks } from '../mesh/push-marks.ts'
import { SystemLink } from '../mesh/system-link.ts'
import { lockProfile } from '../profile/profile-lock.ts'
import { StoreChoice } from '../registry/store-choice/store-choice.ts'
import { LentKeys } from '../recovery/lent-keys.ts'
import { SettingsService } from '../settings/settings-service.ts'
import { composeAudit } from './audit.ts'
import type { Endings } from './endings.ts'
import { openProfileDatabase } from './profile-database.ts'
import { RegistryLink } from './registry-link.ts'
import { composeTenants } from './tenants.ts'

export type Foundation = ReturnType<typeof composeFoundation>

/**
 * What every domain stands on: profile, keychain, authority, mesh, fleet and registry.
 * @throws what `createApp` says.
 */
export function composeFoundation({ host, profile, demo }: AppOptions, endings: Endings) {
  const lock = lockProfile(profile.folder)
  endings.add(() => lock.release())
  const log = openFileLogger(profile.logFolder, 'muster')
  const health = new HealthService()
  const notify: HealthService['notify'] = (notice) => health.notify(notice)
  const database = endings.own(openProfileDatabase(profile.databasePath, health))
  const settings = new SettingsService({ database, log })
  const keychain = endings.own(
    new KeychainService({
      folder: profile.folder,
      allowMemory: demo,
      packaged: host.packaged,
      log,
    }),
  )
  const link = new SystemLink({ log })
  const publisher = new ClaimsPublisher({ link, log, marks: new PushMarks(database) })
  const { trail: audit, auditLog } = composeAudit({
    database,
    keychain,
    profileFolder: profile.folder,
    saveFile: host.saveFile,
    health,
    log,
  })
  endings.own(auditLog)
  const lent = endings.own(new LentKeys(keychain))
  const authority = endings.own(
    new Authority({
      database,
      keychain: lent,
      publisher,
      audit,
      log,
      profileFolder: profile.folder,
      installer: {
        install: (jwt, signal) => mesh.installOperator(jwt, signal),
        reconnect: (signal) => link.renew(signal),
      },
    }),
  )
  const tenancy = endings.own(
    composeTenants({ database, authority, link, mesh: () => mesh, fleet: () => fleet, log }),
  )
  const mesh: MeshService = endings.own(
    new MeshService({
      database,
      keychain,
      link,
      publisher,
      log,
      folder: profile.folder,
      logFolder: profile.logFolder,
      resourcesFolder: host.resourcesFolder,
      natsServerPath: () => settings.get().natsServerPath,
      authority,
      tenants: tenancy.service,
      notify,
    }),
  )
  const fleet: FleetService = endings.own(new FleetService({ ledger: authority.ledger }))
  const stores = new StoreChoice({ database, keychain, audit })
  const registry = endings.own(
    new RegistryLink({
      mesh,
      stores,
      fleet,
      folder: profile.folder,
      logFolder: profile.logFolder,
      ledger: authority.ledger,
      notify,
      spawn: () => host.spawnRegistry(),
      log: log.part('registry'),
    }),
  )
  return {
    profile,
    profileFolder: profile.folder,
    saveFile: host.saveFile,
    dragFile: host.dragFile,
    version: host.version,
    resourcesFolder: host.resourcesFolder,
    log,
    health,
    notify,
    database,
    settings,
    keychain,
    lent,
    link,
    publisher,
    audit,
    auditLog,
    authority,
    tenancy,
    mesh,
    fleet,
    registry,
    stores,
  }
}
