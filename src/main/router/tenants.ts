import type { Tenant } from '#shared/contract/tenants.ts'
import type { TenantBatches } from '../tenants/tenant-batches.ts'
import type { TenantClearing } from '../tenants/tenant-clearing.ts'
import type { TenantService } from '../tenants/tenant-service.ts'
import type { TenantViews } from '../tenants/tenant-views.ts'
import type { TenantWiringService } from '../tenants/tenant-wiring-service.ts'
import type { ContractImplementer } from './implementer.ts'
import { streamOf } from './stream.ts'

type Public<T> = { [Key in keyof T]: T[Key] }

/** What the window asks about tenants. */
export interface TenantCalls {
  readonly service: Public<TenantService>
  readonly wiring: Public<TenantWiringService>
  readonly clearing: Public<TenantClearing>
  readonly batches: Public<TenantBatches>
  readonly views: Public<TenantViews>
  create(name: string): Promise<Tenant>
  createWith(order: Parameters<TenantService['createWith']>[0]): Promise<Tenant>
}

const NEVER = new AbortController().signal

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
