import type { DatabaseSync } from 'node:sqlite'
import { accountsInJwts } from '../bundles/accounts-in-jwts.ts'
import { actorHere } from '../audit/actor.ts'
import type { Authority } from '../authority/authority.ts'
import { AuthorityStore } from '../authority/authority-store.ts'
import type { KeyAudit } from '../authority/key-use.ts'
import { BundleOpener } from '../bundles/bundle-opener.ts'
import { BundleService } from '../bundles/bundle-service.ts'
import type { BundleAuthority } from '../bundles/collaborators.ts'
import { openerPage } from '../bundles/content/opener-page.ts'
import { starterFiles, startersFolder } from '../bundles/content/starters.ts'
import { DriveDestination, folderOfDrive } from '../bundles/deliver/drives/drive-destination.ts'
import { driveSourceHere } from '../bundles/deliver/drives/drive-source-here.ts'
import { DriveWatch } from '../bundles/deliver/drives/drive-watch.ts'
import { DeliveredFiles } from '../bundles/deliver/delivered-files.ts'
import { FolderDestination } from '../bundles/deliver/folder-destination.ts'
import { NetworkDestination } from '../bundles/deliver/lan/network-destination.ts'
import { ReceiptStore } from '../bundles/deliver/receipt-store.ts'
import type { OperatorKey } from '../bundles/open/judge-signer.ts'
import { ResultsService } from '../bundles/results/results-service.ts'
import type { DragFile, SaveFile } from '../files/saved-file.ts'
import type { Logger } from '../log/logger.ts'
import type { MeshService } from '../mesh/mesh-service.ts'
import type { SecretStore } from '../mesh/secret-store.ts'
import type { BundleCalls } from '../router/bundles.ts'
import { serverIdentity } from '../web/server-identity.ts'

const MINUTE_MS = 60_000

export interface BundleParts {
  readonly database: DatabaseSync
  readonly authority: Authority
  readonly mesh: MeshService
  readonly audit: KeyAudit
  readonly keychain: SecretStore
  readonly saveFile: SaveFile
  readonly dragFile: DragFile | null
  readonly version: string
  /** Where a package brings its resources along; null where nothing is packaged. */
  readonly resourcesFolder: string | null
  readonly log: Logger
}

/** Bundles: what is handed over, and what came back. */
export function composeBundles(parts: BundleParts): {
  readonly calls: BundleCalls
  readonly service: BundleService
  close(): Promise<void>
} {
  const { database, authority, mesh, audit, keychain, saveFile, version } = parts
  const starters = startersFolder(parts.resourcesFolder)
  const { user, host } = actorHere()
  const driveSource = driveSourceHere()
  const drives = new DriveWatch(driveSource)
  const view = bundleAuthority(database, authority)
  const service = new BundleService({
    database,
    authority: view,
    mesh: {
      deviceEndpoint: () => mesh.deviceEndpoint(),
      // On loopback nothing listens at the others.
      ownAddresses: () => {
        const { kind, reach } = mesh.state()
        if (kind !== 'local' || reach !== 'network') return []
        return mesh.networkAddresses().map(({ address }) => address)
      },
    },
    audit,
    folderOfDrive: (id, signal) => folderOfDrive(driveSource, id, signal),
    openDestination: (choice, signal) => {
      if (choice.kind === 'folder') return FolderDestination.open(choice.path, choice.allowSynced)
      if (choice.kind === 'drive') return DriveDestination.open(driveSource, choice, signal)
      return NetworkDestination.open({
        ...choice,
        waitMs: choice.minutes * MINUTE_MS,
        identity: () => serverIdentity(keychain, new Date()),
        log: parts.log.part('hand-over'),
      })
    },
    openerPage: () => openerPage(),
    starters: (names, place) => starterFiles(starters, names, place),
    saveFile,
    log: parts.log.part('bundles'),
    version,
    by: `${user}@${host}`,
  })
  const receipts = new ReceiptStore(database)
  const opener = new BundleOpener({
    ledger: authority.ledger,
    operator: () => view.operator()?.publicKey,
    operatorKeys: () => operatorKeysOf(database),
    addConnection: (order, login) =>
      mesh.addRemoteLogin({ ...order, urls: [...order.urls] }, login),
    receipts,
    audit,
  })
  const delivered = new DeliveredFiles({ receipts, saveFile, dragFile: parts.dragFile })
  const results = new ResultsService({
    database,
    authority: { ...view, ledger: authority.ledger },
    operatorKeys: () => operatorKeysOf(database),
    audit,
    saveFile,
    version,
    by: `${user}@${host}`,
  })
  return {
    service,
    calls: {
      subscribe: (listener) => service.subscribe(listener),
      subscribeDrives: (listener) => drives.subscribe(listener),
      plan: (choice) => service.plan(choice),
      hosts: (kind) => service.hosts(kind),
      checkHost: (url, signal) => service.checkHost(url, signal),
      checkFolder: (path) => service.checkFolder(path),
      create: (order) => service.create(order),
      cancel: (id) => service.cancel(id),
      servers: () => service.servers(),
      newCode: (id) => service.newCode(id),
      printReceipt: (id) => service.printReceipt(id),
      saveCopy: (receipt, name) => delivered.saveCopy(receipt, name),
      dragFile: (receipt, name) => delivered.drag(receipt, name),
      receiptsOfKey: (publicKey) => service.receiptsOfKey(publicKey),
      addPerson: (person) => service.addPerson(person),
      removePerson: (id) => service.removePerson(id),
      open: (path, keyhole) => opener.open(path, keyhole),
      importConnection: (order) => opener.importConnection(order),
      exportResults: (days) => results.export(days),
      lookAtResults: (path) => results.look(path),
      takeResults: (path, id) => results.take(path, id),
      find: (path, signal) => opener.find(path, signal),
      wipe: (path, bundles) => opener.wipe(path, bundles),
    },
    close: () => {
      drives.close()
      return service.close()
    },
  }
}

/** Keys that sign for the operator, or did. */
export function operatorKeysOf(database: DatabaseSync): OperatorKey[] {
  const store = new AuthorityStore(database)
  const operator = store.operator()
  return operator === undefined
    ? []
    : [{ publicKey: operator.publicKey, retiredAt: null }, ...store.keyRecords(operator.publicKey)]
}

/** The authority as bundles see it. */
export function bundleAuthority(database: DatabaseSync, authority: Authority): BundleAuthority {
  const store = new AuthorityStore(database)
  return {
    procedures: authority.procedures,
    ledger: authority.ledger,
    operator: () => {
      const row = store.operator()
      if (row === undefined) return undefined
      const { name, publicKey, jwt, dialect } = row
      return { name, publicKey, jwt, dialect }
    },
    accountsOf: (publicKeys) =>
      accountsInJwts(publicKeys.map((key) => store.account(key)?.jwt ?? null)),
    tenants: () => authority.tenants(),
    issueUsers: (requests) => authority.issueUsers(requests),
    repeatUser: (id, reason) => authority.repeatUser(id, reason),
    strikeAll: (ids, reason, wasSeen, signal) => authority.strikeAll(ids, reason, wasSeen, signal),
    signStatement: (text, use) => authority.signStatement(text, use),
  }
}
