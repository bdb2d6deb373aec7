import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type {
  BundleChoice,
  BundleJob,
  BundleOrder,
  BundleReceipt,
} from '../../../../src/shared/contract/bundles.ts'
import { bundleAuthority } from '../../../../src/main/app/bundles.ts'
import type { AuditDraft } from '../../../../src/main/authority/key-use.ts'
import { BundleService } from '../../../../src/main/bundles/bundle-service.ts'
import { starterFiles, startersFolder } from '../../../../src/main/bundles/content/starters.ts'
import type { OpenDestination } from '../../../../src/main/bundles/deliver/destination.ts'
import { FolderDestination } from '../../../../src/main/bundles/deliver/folder-destination.ts'
import { BUNDLE_MIGRATIONS } from '../../../../src/main/bundles/migrations.ts'
import { silentLogger } from '../../../../src/main/log/logger.ts'
import { until } from '../../../support/until.ts'
import { TestProfile, type TestApp } from '../../mesh/support/test-app.ts'

export const execute = promisify(execFile)

/** A profile with a running local mesh, the tenant `north`, and bundles. */
export class BundleSite {
  readonly profile: TestProfile
  readonly app: TestApp
  readonly bundles: BundleService
  readonly audit: AuditDraft[] = []
  readonly saved: { name: string; content: string | Uint8Array }[] = []
  /** A folder of the person's own. */
  readonly folder: string
  openDestination: OpenDestination = (choice) => {
    if (choice.kind !== 'folder') throw new Error('tests name their own destinations')
    return FolderDestination.open(choice.path, choice.allowSynced)
  }

  folderOfDrive: (id: string, signal: AbortSignal) => Promise<string | null> = () =>
    Promise.resolve(null)

  private constructor(profile: TestProfile, app: TestApp, folder: string) {
    this.profile = profile
    this.app = app
    this.folder = folder
    for (const { sql } of BUNDLE_MIGRATIONS) app.database.exec(sql)
    const starters = startersFolder(null)
    this.bundles = new BundleService({
      database: app.database,
      authority: bundleAuthority(app.database, app.authority),
      mesh: { deviceEndpoint: () => app.mesh.deviceEndpoint(), ownAddresses: () => [] },
      audit: { record: (drafts) => drafts.map((draft) => this.audit.push(draft)) },
      folderOfDrive: (id, signal) => this.folderOfDrive(id, signal),
      openDestination: (choice, signal) => this.openDestination(choice, signal),
      openerPage: () => Promise.resolve(null),
      starters: (names, place) => starterFiles(starters, names, place),
      saveFile: (file) => {
        this.saved.push(file)
        return Promise.resolve({ type: 'saved', path: file.name })
      },
      log: silentLogger(),
      version: '0.0.0',
      by: 'kim@bench',
    })
  }

  static async create(): Promise<BundleSite> {
    const profile = await TestProfile.create()
    const app = profile.open()
    await app.mesh.createLocal({
      dialect: 'device-connect',
      tenant: 'north',
      reach: { kind: 'loopback' },
    })
    return new BundleSite(profile, app, await mkdtemp(join(tmpdir(), 'muster-bundles-')))
  }

  get url(): string {
    return this.app.mesh.state().deviceUrls[0] ?? ''
  }

  order(choice: Partial<BundleChoice>, more: Partial<BundleOrder> = {}): BundleOrder {
    return {
      choice: {
        kind: 'devices',
        tenant: 'north',
        devices: [],
        keys: 'new',
        credentialFolder: '',
        newDevices: [],
        validDays: 90,
        alsoCreds: false,
        certificates: 'inline',
        starters: [],
        ...choice,
      },
      name: 'test',
      urls: [this.url],
      allowLoopback: true,
      sealing: { kind: 'plain', confirmed: true },
      destination: { kind: 'folder', path: this.folder, allowSynced: false },
      ...more,
    }
  }

  /** Makes a bundle and waits for how it ends. */
  async made(order: BundleOrder): Promise<{ job: BundleJob; receipt: BundleReceipt | undefined }> {
    const { id } = await this.bundles.create(order)
    return this.ended(id)
  }

  async ended(id: string): Promise<{ job: BundleJob; receipt: BundleReceipt | undefined }> {
    let job: BundleJob | null = null
    let receipts: readonly BundleReceipt[] = []
    const stop = this.bundles.subscribe((update) => {
      ;({ job, receipts } = update)
    })
    await until('the bundle', () => job?.id === id && job.state !== 'running')
    stop()
    if (job === null) throw new Error('no bundle was made')
    return { job, receipt: receipts.find((receipt) => receipt.id === id) }
  }

  async close(): Promise<void> {
    await this.bundles.close()
    await this.profile.close()
    await rm(this.folder, { recursive: true, force: true })
  }
}
