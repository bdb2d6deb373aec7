import type { AppInfo } from '#shared/contract/app.ts'
import type {
  CommissioningJob,
  CommissioningRequest,
  CommissioningUpdate,
  DeviceInspection,
} from '#shared/contract/commissioning.ts'
import type { DiscoveredDevice, DiscoveryUpdate } from '#shared/contract/discovery.ts'
import type { EventsUpdate } from '#shared/contract/events.ts'
import type {
  CredentialSummary,
  DeviceAddress,
  DeviceRecord,
  FleetUpdate,
  SelectorMatch,
} from '#shared/contract/fleet.ts'
import type { HealthUpdate } from '#shared/contract/health.ts'
import type { KeychainLoss, KeychainStatus } from '#shared/contract/keychain.ts'
import type {
  MeshReach,
  MeshState,
  NetworkAddress,
  NewRemoteConnection,
  RemoteConnection,
} from '#shared/contract/mesh.ts'
import type { RpcOutcome } from '#shared/contract/rpc.ts'
import type { Settings } from '#shared/contract/settings.ts'
import type { DialectName } from '#shared/protocol/dialect.ts'
import type { AuditCalls } from './audit.ts'
import type { BundleCalls } from './bundles.ts'
import type { EnrollmentCalls } from './enrollment.ts'
import type { DoctorCalls } from './doctor.ts'
import type { CredentialsCalls } from './credentials.ts'
import type { IsolationCalls } from './isolation.ts'
import type { ResolverCalls } from './resolver.ts'
import type { QueueCalls } from './queue.ts'
import type { RecoveryCalls } from './recovery.ts'
import type { KeysCalls } from './keys.ts'
import type { ContextCalls, NscCalls } from './nsc.ts'
import type { PathCalls } from './paths.ts'
import type { RegistryStoreCalls } from './registry-store.ts'
import type { RenewalCalls } from './renewal.ts'
import type { Subscribe } from './stream.ts'
import type { TenantCalls } from './tenants.ts'

/** What the router asks of main, domain by domain: the narrow side of each service. */
export interface Services {
  readonly app: { info(): AppInfo }
  readonly audit: AuditCalls
  readonly bundles: BundleCalls
  readonly enrollment: EnrollmentCalls
  readonly doctor: DoctorCalls
  readonly contexts: ContextCalls
  readonly credentials: CredentialsCalls
  readonly isolation: IsolationCalls
  readonly keys: KeysCalls
  readonly nsc: NscCalls
  readonly paths: PathCalls
  readonly keychain: {
    subscribe(listener: (update: { type: 'snapshot'; status: KeychainStatus }) => void): () => void
    unlock(passphrase: string): Promise<KeychainStatus>
    createVault(passphrase: string): Promise<KeychainStatus>
    changePassphrase(oldPassphrase: string, newPassphrase: string): Promise<void>
    retry(): Promise<KeychainStatus>
  }
  readonly startOver: {
    loss(): KeychainLoss
    startOver(typedName: string): Promise<KeychainStatus>
  }
  readonly mesh: {
    subscribe(listener: (update: { type: 'snapshot'; mesh: MeshState }) => void): () => void
    networkAddresses(): NetworkAddress[]
    createLocal(request: {
      dialect: DialectName
      tenant: string
      reach: MeshReach
    }): Promise<MeshState>
    setReach(reach: MeshReach): Promise<MeshState>
    connections(): RemoteConnection[]
    addRemote(connection: NewRemoteConnection): Promise<RemoteConnection>
    removeRemote(id: string): Promise<void>
    use(id: string): Promise<MeshState>
  }
  readonly tenants: TenantCalls
  readonly discovery: {
    subscribe(listener: (update: DiscoveryUpdate) => void): () => void
    refresh(): void
    addAddress(address: string, signal: AbortSignal): Promise<DiscoveredDevice>
    removeAddress(key: string): void
  }
  readonly commissioning: {
    subscribe(listener: (update: CommissioningUpdate) => void): () => void
    inspect(key: string, signal: AbortSignal): Promise<DeviceInspection>
    start(request: CommissioningRequest): CommissioningJob | Promise<CommissioningJob>
    cancel(id: string): CommissioningJob | Promise<CommissioningJob>
  }
  readonly fleet: {
    subscribe(listener: (update: FleetUpdate) => void): () => void
    record(address: DeviceAddress, signal: AbortSignal): Promise<DeviceRecord | null>
    select(
      query: { readonly selector: string; readonly tenant: string | null },
      signal: AbortSignal,
    ): Promise<SelectorMatch>
    credentials(address: DeviceAddress): CredentialSummary[]
    forget(address: DeviceAddress): Promise<void>
  }
  readonly queue: QueueCalls
  readonly resolver: ResolverCalls
  readonly recovery: RecoveryCalls
  readonly registryStore: RegistryStoreCalls
  readonly renewal: RenewalCalls
  readonly rpc: {
    call(
      request: DeviceAddress & {
        functionName: string
        params: Record<string, unknown>
        timeoutMs: number
      },
      signal: AbortSignal,
    ): Promise<RpcOutcome>
  }
  readonly events: {
    /** Live events of a tenant, or of one device of it. */
    watch(tenant: string, deviceId: string | null): Subscribe<EventsUpdate>
  }
  readonly health: { subscribe(listener: (update: HealthUpdate) => void): () => void }
  readonly settings: {
    get(): Settings
    update(change: Partial<Settings>): Settings
  }
}
