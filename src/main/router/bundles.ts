import type {
  BundleChoice,
  BundleContents,
  BundleJob,
  BundleKeyhole,
  BundleKind,
  BundleOrder,
  BundlePlan,
  BundleReceipt,
  BundlesSnapshot,
  DrivesSnapshot,
  FolderCheck,
  FoundBundle,
  HandOverTicket,
  HostCandidate,
  HostCheck,
  Person,
  ResultsReport,
  TakenResults,
  WipeResult,
} from '#shared/contract/bundles.ts'
import type { SavedFile } from '#shared/contract/common.ts'
import type { ContractImplementer } from './implementer.ts'
import { streamOf } from './stream.ts'
import { NEVER } from '#shared/never.ts'

/** What the window asks about bundles. */
export interface BundleCalls {
  subscribe(listener: (update: BundlesSnapshot) => void): () => void
  subscribeDrives(listener: (update: DrivesSnapshot) => void): () => void
  plan(choice: BundleChoice): Promise<BundlePlan>
  hosts(kind: BundleKind): HostCandidate[]
  checkHost(url: string, signal: AbortSignal): Promise<HostCheck>
  checkFolder(path: string): Promise<FolderCheck>
  create(order: BundleOrder): Promise<BundleJob>
  cancel(id: string): void
  servers(): { url: string; loopback: boolean }[]
  newCode(id: string): HandOverTicket
  printReceipt(id: string): Promise<SavedFile>
  saveCopy(receipt: string, name: string): Promise<SavedFile>
  dragFile(receipt: string, name: string): Promise<void>
  receiptsOfKey(publicKey: string): BundleReceipt[]
  addPerson(person: Pick<Person, 'name' | 'publicKey' | 'note'>): Person
  removePerson(id: string): void
  open(path: string, keyhole: BundleKeyhole): Promise<BundleContents>
  importConnection(order: {
    path: string
    keyhole: BundleKeyhole
    publicKey: string
    connectionName: string
  }): Promise<{ connection: string }>
  exportResults(days: number): Promise<SavedFile>
  lookAtResults(path: string): Promise<ResultsReport>
  takeResults(path: string, id: string): Promise<TakenResults>
  find(path: string, signal: AbortSignal): Promise<FoundBundle[]>
  wipe(path: string, bundles: readonly string[]): Promise<WipeResult>
}

export function bundlesRouter(os: ContractImplementer['bundles'], bundles: BundleCalls) {
  return {
    watch: os.watch.handler(({ signal }) =>
      streamOf((listener) => bundles.subscribe(listener), signal ?? NEVER),
    ),
    watchDrives: os.watchDrives.handler(({ signal }) =>
      streamOf((listener) => bundles.subscribeDrives(listener), signal ?? NEVER),
    ),
    plan: os.plan.handler(({ input }) => bundles.plan(input)),
    hosts: os.hosts.handler(({ input }) => bundles.hosts(input.kind)),
    checkHost: os.checkHost.handler(({ input, signal }) =>
      bundles.checkHost(input.url, signal ?? NEVER),
    ),
    checkFolder: os.checkFolder.handler(({ input }) => bundles.checkFolder(input.path)),
    create: os.create.handler(({ input }) => bundles.create(input)),
    cancel: os.cancel.handler(({ input }) => {
      bundles.cancel(input.id)
      return null
    }),
    servers: os.servers.handler(() => bundles.servers()),
    newCode: os.newCode.handler(({ input }) => bundles.newCode(input.id)),
    printReceipt: os.printReceipt.handler(({ input }) => bundles.printReceipt(input.id)),
    saveCopy: os.saveCopy.handler(({ input }) => bundles.saveCopy(input.id, input.name)),
    dragFile: os.dragFile.handler(async ({ input }) => {
      await bundles.dragFile(input.id, input.name)
      return null
    }),
    receiptsOfKey: os.receiptsOfKey.handler(({ input }) => bundles.receiptsOfKey(input.publicKey)),
    addPerson: os.addPerson.handler(({ input }) => bundles.addPerson(input)),
    removePerson: os.removePerson.handler(({ input }) => {
      bundles.removePerson(input.id)
      return null
    }),
    open: os.open.handler(({ input }) => bundles.open(input.path, input.keyhole)),
    importConnection: os.importConnection.handler(({ input }) => bundles.importConnection(input)),
    exportResults: os.exportResults.handler(({ input }) => bundles.exportResults(input.days)),
    lookAtResults: os.lookAtResults.handler(({ input }) => bundles.lookAtResults(input.path)),
    takeResults: os.takeResults.handler(({ input }) => bundles.takeResults(input.path, input.id)),
    find: os.find.handler(({ input, signal }) => bundles.find(input.path, signal ?? NEVER)),
    wipe: os.wipe.handler(({ input }) => bundles.wipe(input.path, input.bundles)),
  }
}
