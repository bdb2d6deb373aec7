import type { DatabaseSync } from 'node:sqlite'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MeshState } from '../../../../src/shared/contract/mesh.ts'
import { Authority } from '../../../../src/main/authority/authority.ts'
import { AUTHORITY_MIGRATIONS } from '../../../../src/main/authority/migrations.ts'
import { silentLogger } from '../../../../src/main/log/logger.ts'
import { ClaimsPublisher } from '../../../../src/main/mesh/claims-publisher.ts'
import { MeshService } from '../../../../src/main/mesh/mesh-service.ts'
import { PushMarks } from '../../../../src/main/mesh/push-marks.ts'
import { MESH_MIGRATIONS } from '../../../../src/main/mesh/migrations.ts'
import type { SecretStore } from '../../../../src/main/mesh/secret-store.ts'
import type { MeshServiceOptions } from '../../../../src/main/mesh/session-switch.ts'
import { SystemLink } from '../../../../src/main/mesh/system-link.ts'
import { RESOLVER_MIGRATIONS } from '../../../../src/main/resolver/migrations.ts'
import { openDatabase } from '../../../../src/main/storage/database.ts'
import { TenantService } from '../../../../src/main/tenants/tenant-service.ts'
import { noAudit } from '../../../support/no-audit.ts'

/** A profile that apps of a test run on, one after the other. */
export class TestProfile {
  readonly folder: string
  readonly secrets = new Map<string, string>()
  readonly #apps: TestApp[] = []

  private constructor(folder: string) {
    this.folder = folder
  }

  static async create(): Promise<TestProfile> {
    return new TestProfile(await mkdtemp(join(tmpdir(), 'muster-app-')))
  }

  /** Composes mesh, authority and tenants on it, as the app does. */
  open(more: Partial<MeshServiceOptions> = {}): TestApp {
    const app = new TestApp(this, more)
    this.#apps.push(app)
    return app
  }

  get keychain(): SecretStore & { delete(account: string): Promise<void> } {
    return {
      get: async (account) => this.secrets.get(account),
      set: async (account, secret) => void this.secrets.set(account, secret),
      delete: async (account) => void this.secrets.delete(account),
    }
  }

  async close(): Promise<void> {
    for (const app of this.#apps.toReversed()) await app.close()
    await rm(this.folder, { recursive: true, force: true })
  }
}

export class TestApp {
  readonly database: DatabaseSync
  readonly link: SystemLink
  readonly publisher: ClaimsPublisher
  readonly authority: Authority
  readonly tenants: TenantService
  readonly mesh: MeshService
  readonly states: MeshState[] = []
  readonly notices: { level: string; title: string; text: string }[] = []
  #closed = false

  constructor(profile: TestProfile, more: Partial<MeshServiceOptions>) {
    const log = silentLogger()
    const migrations = [...AUTHORITY_MIGRATIONS, ...MESH_MIGRATIONS, ...RESOLVER_MIGRATIONS]
    this.database = openDatabase(join(profile.folder, 'muster.db'), migrations).database
    const { keychain } = profile
    this.link = new SystemLink({ log })
    this.publisher = new ClaimsPublisher({
      link: this.link,
      log,
      marks: new PushMarks(this.database),
    })
    const { database, link, publisher } = this
    this.authority = new Authority({
      audit: noAudit,
      database,
      keychain,
      publisher,
      log,
      installer: {
        install: (jwt, signal) => this.mesh.installOperator(jwt, signal),
        reconnect: (signal) => link.renew(signal),
      },
    })
    this.tenants = new TenantService({ authority: this.authority, log })
    this.mesh = new MeshService({
      database,
      keychain,
      link,
      publisher,
      authority: this.authority,
      tenants: this.tenants,
      log,
      folder: profile.folder,
      logFolder: join(profile.folder, 'log'),
      resourcesFolder: null,
      natsServerPath: () => null,
      notify: (notice) => void this.notices.push(notice),
      ...more,
    })
    this.mesh.subscribe(({ mesh }) => void this.states.push(mesh))
  }

  /** The process of its server. */
  serverPid(): number {
    return this.mesh.localServerPid() ?? 0
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.mesh.close()
    await this.tenants.close()
    await this.authority.close()
    this.database.close()
  }
}
