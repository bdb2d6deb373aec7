import type {
  NatsContext,
  NatsContextExport,
  NscExport,
  NscExportPlan,
  NscImport,
  NscLocation,
  NscScan,
} from '#shared/contract/nsc.ts'
import type { Role } from '#shared/protocol/roles.ts'
import type { DialectName } from '#shared/protocol/dialect.ts'
import type { ContractImplementer } from './implementer.ts'
import { streamOf } from './stream.ts'
import { NEVER } from '#shared/never.ts'

/** What the window asks about nsc stores. */
export interface NscCalls {
  locations(): Promise<NscLocation[]>
  scan(
    target: { location: string } | { folders: readonly string[] },
    signal: AbortSignal,
  ): Promise<NscScan>
  import(order: {
    scan: string
    operator: string
    dialect: DialectName
    removeFiles: boolean
  }): NscImport
  cancel(): void
  subscribe(listener: (update: { type: 'snapshot'; import: NscImport | null }) => void): () => void
  exportPlan(): Promise<NscExportPlan>
  export(
    order: { folder: string; keys: 'none' | 'signing' | 'all'; typedName: string },
    signal: AbortSignal,
  ): Promise<NscExport>
}

/** What the window asks about contexts of the nats CLI. */
export interface ContextCalls {
  list(): Promise<NatsContext[]>
  import(order: {
    name: string
    connectionName: string
    dialect: DialectName
    tenant: string
  }): Promise<{ connection: string }>
  export(order: {
    name: string
    source: { tenant: string; role: Role; days: number } | { connection: string }
  }): Promise<NatsContextExport>
}

export function nscRouter(os: ContractImplementer['nsc'], nsc: NscCalls, contexts: ContextCalls) {
  return {
    locations: os.locations.handler(() => nsc.locations()),
    scan: os.scan.handler(({ input, signal }) => nsc.scan(input, signal ?? NEVER)),
    import: os.import.handler(({ input }) => nsc.import(input)),
    cancel: os.cancel.handler(() => {
      nsc.cancel()
      return null
    }),
    watch: os.watch.handler(({ signal }) =>
      streamOf((listener) => nsc.subscribe(listener), signal ?? NEVER),
    ),
    exportPlan: os.exportPlan.handler(() => nsc.exportPlan()),
    export: os.export.handler(({ input, signal }) => nsc.export(input, signal ?? NEVER)),
    contexts: os.contexts.handler(() => contexts.list()),
    importContext: os.importContext.handler(({ input }) => contexts.import(input)),
    exportContext: os.exportContext.handler(({ input }) => contexts.export(input)),
  }
}
