import type {
  Batch,
  BatchCheck,
  BatchRequest,
  ClearPreview,
  Mapping,
  SettingsSource,
  Tenant,
  TenantDetail,
  TenantLimits,
  TenantSettings,
  TenantTemplate,
  TenantWiring,
  ViewUpdate,
} from '#shared/contract/tenants.ts'
import type { ContractImplementer } from './implementer.ts'
import { streamOf, type Subscribe } from './stream.ts'
import { NEVER } from '#shared/never.ts'

type Crossing = TenantWiring['exports'][number]['type']

interface NewTenant {
  readonly name: string
  readonly isolation: Tenant['isolation']
  readonly settings: SettingsSource
}

interface CrossingId {
  readonly subject: string
  readonly type: Crossing
}

/** What the window asks about tenants. */
export interface TenantCalls {
  readonly service: {
    subscribe(listener: (update: { type: 'snapshot'; tenants: Tenant[] }) => void): () => void
    retry(tenant: string): Promise<Tenant>
    detail(tenant: string, signal: AbortSignal): Promise<TenantDetail>
    setLimits(tenant: string, limits: TenantLimits, signal: AbortSignal): Promise<Tenant>
    settings(tenant: string): TenantSettings
    templates(): TenantTemplate[]
    saveTemplate(name: string, settings: TenantSettings): TenantTemplate[]
    removeTemplate(name: string): TenantTemplate[]
  }
  readonly wiring: {
    wiring(tenant: string): TenantWiring
    addExport(
      tenant: string,
      offered: CrossingId & { readonly name: string },
      signal: AbortSignal,
    ): Promise<TenantWiring>
    removeExport(tenant: string, id: CrossingId, signal: AbortSignal): Promise<TenantWiring>
    addImport(
      tenant: string,
      added: CrossingId & {
        readonly name: string
        readonly from: string
        readonly localSubject: string | null
        readonly offer: boolean
      },
      signal: AbortSignal,
    ): Promise<TenantWiring>
    removeImport(
      tenant: string,
      id: CrossingId & { readonly from: string },
      signal: AbortSignal,
    ): Promise<TenantWiring>
    setMapping(tenant: string, mapping: Mapping, signal: AbortSignal): Promise<TenantWiring>
    removeMapping(tenant: string, subject: string, signal: AbortSignal): Promise<TenantWiring>
  }
  readonly clearing: {
    preview(tenant: string, signal: AbortSignal): Promise<ClearPreview>
    clear(tenant: string, typed: string, signal: AbortSignal): Promise<void>
  }
  readonly batches: {
    check(request: BatchRequest): BatchCheck
    start(request: BatchRequest): Promise<Batch>
    subscribe(listener: (update: { type: 'snapshot'; batch: Batch | null }) => void): () => void
    cancel(id: string): void
    resume(id: string): void
    discard(id: string, signal: AbortSignal): Promise<void>
    report(id: string): string
  }
  readonly views: { view(tenant: string): Subscribe<ViewUpdate> }
  create(name: string): Promise<Tenant>
  createWith(order: NewTenant): Promise<Tenant>
}

export function tenantsRouter(os: ContractImplementer['tenants'], tenants: TenantCalls) {
  const { service, wiring, clearing, batches, views } = tenants
  return {
    watch: os.watch.handler(({ signal }) =>
      streamOf((listener) => service.subscribe(listener), signal ?? NEVER),
    ),
    create: os.create.handler(({ input }) => tenants.create(input.name)),
    createWith: os.createWith.handler(({ input }) => tenants.createWith(input)),
    retry: os.retry.handler(({ input }) => service.retry(input.tenant)),
    detail: os.detail.handler(({ input, signal }) => service.detail(input.tenant, signal ?? NEVER)),
    setLimits: os.setLimits.handler(({ input, signal }) =>
      service.setLimits(input.tenant, input.limits, signal ?? NEVER),
    ),
    wiring: os.wiring.handler(({ input }) => wiring.wiring(input.tenant)),
    addExport: os.addExport.handler(({ input: { tenant, ...offered }, signal }) =>
      wiring.addExport(tenant, offered, signal ?? NEVER),
    ),
    removeExport: os.removeExport.handler(({ input: { tenant, ...id }, signal }) =>
      wiring.removeExport(tenant, id, signal ?? NEVER),
    ),
    addImport: os.addImport.handler(({ input: { tenant, ...added }, signal }) =>
      wiring.addImport(tenant, added, signal ?? NEVER),
    ),
    removeImport: os.removeImport.handler(({ input: { tenant, ...id }, signal }) =>
      wiring.removeImport(tenant, id, signal ?? NEVER),
    ),
    setMapping: os.setMapping.handler(({ input, signal }) =>
      wiring.setMapping(input.tenant, input.mapping, signal ?? NEVER),
    ),
    removeMapping: os.removeMapping.handler(({ input, signal }) =>
      wiring.removeMapping(input.tenant, input.subject, signal ?? NEVER),
    ),
    templates: os.templates.handler(() => service.templates()),
    saveTemplate: os.saveTemplate.handler(({ input }) =>
      service.saveTemplate(input.name, input.settings),
    ),
    removeTemplate: os.removeTemplate.handler(({ input }) => service.removeTemplate(input.name)),
    settings: os.settings.handler(({ input }) => service.settings(input.tenant)),
    clearPreview: os.clearPreview.handler(({ input, signal }) =>
      clearing.preview(input.tenant, signal ?? NEVER),
    ),
    // Not the caller's signal: what is begun is carried through, whether somebody looks on or not.
    clear: os.clear.handler(async ({ input }) => {
      await clearing.clear(input.tenant, input.typed, NEVER)
      return null
    }),
    checkBatch: os.checkBatch.handler(({ input }) => batches.check(input)),
    startBatch: os.startBatch.handler(({ input }) => batches.start(input)),
    watchBatch: os.watchBatch.handler(({ signal }) =>
      streamOf((listener) => batches.subscribe(listener), signal ?? NEVER),
    ),
    cancelBatch: os.cancelBatch.handler(({ input }) => {
      batches.cancel(input.id)
      return null
    }),
    resumeBatch: os.resumeBatch.handler(({ input }) => {
      batches.resume(input.id)
      return null
    }),
    discardBatch: os.discardBatch.handler(async ({ input }) => {
      await batches.discard(input.id, NEVER)
      return null
    }),
    batchReport: os.batchReport.handler(({ input }) => ({ text: batches.report(input.id) })),
    view: os.view.handler(({ input, signal }) =>
      streamOf(views.view(input.tenant), signal ?? NEVER),
    ),
  }
}
