import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  redirect,
} from '@tanstack/react-router'
import { z } from 'zod'
import { Frame } from './frame.tsx'
import { AuditRoute } from './screens/audit-route.tsx'
import { BundlesEnrollmentRoute } from './screens/bundles-enrollment-route.tsx'
import { BundlesOpenRoute } from './screens/bundles-open-route.tsx'
import { BundlesPeopleRoute } from './screens/bundles-people-route.tsx'
import { BundlesReceiptsRoute } from './screens/bundles-receipts-route.tsx'
import { BundlesRoute } from './screens/bundles-route.tsx'
import { CommissionRoute } from './screens/commission-route.tsx'
import { CredentialsRoute } from './screens/credentials-route.tsx'
import { DeviceRoute } from './screens/device-route.tsx'
import { DoctorRoute } from './screens/doctor-route.tsx'
import { ExpiryRoute } from './screens/expiry-route.tsx'
import { FleetRoute } from './screens/fleet-route.tsx'
import { IsolationRoute } from './screens/isolation-route.tsx'
import { KeysRoute } from './screens/keys-route.tsx'
import { NotFound } from './screens/not-found.tsx'
import { RecoveryRoute } from './screens/recovery-route.tsx'
import { ResolverRoute } from './screens/resolver-route.tsx'
import { RolesRoute } from './screens/roles-route.tsx'
import { SettingsRoute } from './screens/settings-route.tsx'
import { TenantViewRoute } from './screens/tenant-view-route.tsx'
import { TenantsRoute } from './screens/tenants-route.tsx'
import { TransferRoute } from './screens/transfer-route.tsx'

/** What stands behind the `?` of an address came from outside; what is not text is ignored. */
const OptionalText = z.string().optional().catch(undefined)

const AuditSearch = z.object({
  entry: z.coerce.number().int().positive().optional().catch(undefined),
  key: OptionalText,
})
const CommissionSearch = z.object({ device: OptionalText, job: OptionalText, find: OptionalText })
const CredentialsSearch = z.object({
  credential: OptionalText,
  revoke: OptionalText,
  text: OptionalText,
})
const DoctorSearch = z.object({
  credential: OptionalText,
  tenant: OptionalText,
  device: OptionalText,
})
const ExpirySearch = z.object({ job: OptionalText, search: OptionalText, renew: OptionalText })
const FleetSearch = z.object({ tenant: OptionalText, device: OptionalText, tab: OptionalText })
const TenantsSearch = z.object({ tenant: OptionalText, tab: OptionalText })
const DeviceSearch = z.object({ tab: OptionalText })

const IsolationSearch = z.object({ report: OptionalText })

const rootRoute = createRootRoute({ component: Frame, notFoundComponent: NotFound })

const indexRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  beforeLoad: () => {
    // oxlint-disable-next-line typescript/only-throw-error -- how this router is told to redirect
    throw redirect({ to: '/commission' })
  },
})

export const commissionRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/commission',
  validateSearch: CommissionSearch,
  component: CommissionRoute,
})

export const fleetRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/fleet',
  validateSearch: FleetSearch,
  component: FleetRoute,
})

export const deviceRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/fleet/$tenant/$deviceId',
  validateSearch: DeviceSearch,
  component: DeviceRoute,
})

export const credentialsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/credentials',
  validateSearch: CredentialsSearch,
  component: CredentialsRoute,
})

export const doctorRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/credentials/doctor',
  validateSearch: DoctorSearch,
  component: DoctorRoute,
})

export const expiryRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/credentials/expiry',
  validateSearch: ExpirySearch,
  component: ExpiryRoute,
})

export const bundlesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/bundles',
  validateSearch: z.object({ tenant: OptionalText, devices: OptionalText }),
  component: BundlesRoute,
})

export const bundlesOpenRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/bundles/open',
  component: BundlesOpenRoute,
})

export const bundlesEnrollmentRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/bundles/enrollment',
  validateSearch: z.object({ enrollment: OptionalText }),
  component: BundlesEnrollmentRoute,
})

export const bundlesPeopleRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/bundles/people',
  component: BundlesPeopleRoute,
})

export const bundlesReceiptsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/bundles/receipts',
  validateSearch: z.object({ receipt: OptionalText }),
  component: BundlesReceiptsRoute,
})

export const auditRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/audit',
  validateSearch: AuditSearch,
  component: AuditRoute,
})

export const keysRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/keys',
  validateSearch: z.object({ account: OptionalText }),
  component: KeysRoute,
})

export const rolesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/keys/roles',
  validateSearch: z.object({ role: OptionalText }),
  component: RolesRoute,
})

export const recoveryRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/keys/recovery',
  component: RecoveryRoute,
})

export const transferRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/keys/transfer',
  component: TransferRoute,
})

export const resolverRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/keys/resolver',
  validateSearch: z.object({ account: OptionalText }),
  component: ResolverRoute,
})

export const isolationRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/tenants/isolation',
  validateSearch: IsolationSearch,
  component: IsolationRoute,
})

export const tenantsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/tenants',
  validateSearch: TenantsSearch,
  component: TenantsRoute,
})

export const tenantViewRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/tenants/$tenant/view',
  validateSearch: DeviceSearch,
  component: TenantViewRoute,
})

export const settingsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/settings',
  component: SettingsRoute,
})

/** The screens by address. Behind a hash, since both hosts serve one page only. */
export function createAppRouter() {
  return createRouter({
    routeTree: rootRoute.addChildren([
      indexRoute,
      commissionRoute,
      fleetRoute,
      deviceRoute,
      credentialsRoute,
      expiryRoute,
      doctorRoute,
      bundlesRoute,
      bundlesOpenRoute,
      bundlesEnrollmentRoute,
      bundlesPeopleRoute,
      bundlesReceiptsRoute,
      auditRoute,
      keysRoute,
      rolesRoute,
      recoveryRoute,
      transferRoute,
      resolverRoute,
      isolationRoute,
      tenantsRoute,
      tenantViewRoute,
      settingsRoute,
    ]),
    history: createHashHistory(),
    defaultPreload: false,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>
  }
}
