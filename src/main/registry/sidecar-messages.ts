import { DialectName, Instant, z } from '#shared/contract/common.ts'
import { FleetDevice } from '#shared/contract/fleet.ts'
import { RegistryLimits } from './registry-limits.ts'

/**
 * What main and the registry sidecar say to each other. Both sides check what they receive, so
 * that a sidecar of another version fails loudly. Secrets travel only here: never as an argument,
 * never in the environment.
 */
const Name = z.string().min(1).max(1024)

const Credentials = z.strictObject({
  jwt: z.string(),
  seed: z.string(),
  /** `_INBOX`, or the user's own prefix where its permissions say so. */
  inboxPrefix: z.string(),
  /** Null where the JWT never expires. */
  expiresAt: Instant.nullable(),
})

const PemPair = z.strictObject({ certificatePem: z.string(), keyPem: z.string() })

/** An etcd that several registries may share. */
const EtcdConfig = z.strictObject({
  /** `http://host:port` or `https://host:port`, members of one cluster. */
  endpoints: z.array(z.string().regex(/^https?:\/\/[^/]+$/u)).min(1),
  /** Certificate authority; the system's where null. */
  caPem: z.string().nullable(),
  clientCertificate: PemPair.nullable(),
  user: z.strictObject({ name: z.string().min(1), password: z.string() }).nullable(),
  /** History that is kept when this registry compacts etcd; null leaves that to others. */
  compactAfterSeconds: z.int().positive().nullable(),
})
export type EtcdConfig = z.infer<typeof EtcdConfig>

export const SidecarConfig = z.strictObject({
  dialect: DialectName,
  /** `nats:// tls:// ws:// wss://` URLs. */
  servers: z.array(z.string().min(1)).min(1),
  /** Null for a server without authentication. */
  credentials: Credentials.nullable(),
  /** Certificate authority; the system's where null. Given, TLS is demanded. */
  caPem: z.string().nullable(),
  /** For servers that ask clients for a certificate. */
  clientCertificate: PemPair.nullable(),
  databasePath: z.string().min(1),
  /** Keeps devices in etcd instead of the database. */
  etcd: EtcdConfig.optional(),
  /** For stored records that carry no usable TTL. */
  deviceTtlSeconds: z.int().positive(),
  /** Largest page of `discovery/listDevices`. */
  listMaxLimit: z.int().positive(),
  /** Serve these only; null serves all that the credentials may see. */
  tenants: z.array(Name).nullable(),
  /** Served by their exact subjects where the server refuses the wildcards. */
  knownTenants: z.array(Name),
  accessLists: z.array(
    z.strictObject({
      tenant: Name,
      device_id: Name,
      visible_to: z.array(z.string()).optional(),
      hidden_from: z.array(z.string()).optional(),
      global_deny_list: z.array(z.string()).optional(),
    }),
  ),
  /** Where `registry.log` goes; null writes to standard error. */
  logFolder: z.string().nullable(),
  /** What devices and tenants may ask at most; far above what they do unless told. */
  limits: RegistryLimits.optional(),
  /** Devices are in other accounts, whose imports share who asks. */
  trustsRequesters: z.boolean().optional(),
  /** Serves `/healthz` and `/metrics`. */
  http: z.strictObject({ host: z.string().min(1), port: z.int().min(1).max(65_535) }).optional(),
  /** Serves account JWTs to nats-servers with the URL resolver. */
  accountServer: z
    .strictObject({
      host: z.string().min(1),
      port: z.int().min(1).max(65_535),
      folder: z.string().min(1),
    })
    .optional(),
})
export type SidecarConfig = z.infer<typeof SidecarConfig>
export type SidecarCredentials = z.infer<typeof Credentials>

const RequestId = z.int().nonnegative()

export const ToSidecar = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('start'), config: SidecarConfig }),
  /** The fleet message with this number was taken; the next may come. */
  z.strictObject({ type: z.literal('received'), sequence: z.int() }),
  z.strictObject({
    type: z.literal('get-record'),
    requestId: RequestId,
    tenant: Name,
    deviceId: Name,
  }),
  /** Asks which devices a selector addresses; of all tenants where that is null. */
  z.strictObject({
    type: z.literal('select'),
    requestId: RequestId,
    tenant: Name.nullable(),
    selector: z.string(),
    most: z.int().positive(),
  }),
  z.strictObject({ type: z.literal('forget'), requestId: RequestId, tenant: Name, deviceId: Name }),
  /** Answers `credentials-wanted`; null where there are none. */
  z.strictObject({ type: z.literal('credentials'), credentials: Credentials.nullable() }),
  /** Devices whose ids are their own; with `replace`, no others are. */
  z.strictObject({
    type: z.literal('own'),
    replace: z.boolean(),
    devices: z.array(z.strictObject({ tenant: Name, deviceId: Name, names: z.array(z.string()) })),
  }),
  z.strictObject({ type: z.literal('stop') }),
])
export type ToSidecar = z.infer<typeof ToSidecar>

const DeviceKey = z.strictObject({ tenant: z.string(), deviceId: z.string() })

const Snapshot = z.strictObject({
  type: z.literal('snapshot'),
  sequence: z.int(),
  /** A snapshot comes in parts; the first replaces what was known. */
  first: z.boolean(),
  last: z.boolean(),
  devices: z.array(FleetDevice),
})

const Changes = z.strictObject({
  type: z.literal('changes'),
  sequence: z.int(),
  upserted: z.array(FleetDevice),
  removed: z.array(DeviceKey),
  /** `[tenant, deviceId, lastSeenEpochMs]` */
  beats: z.array(z.tuple([z.string(), z.string(), z.number()])),
})

export type FleetMessage = z.infer<typeof Snapshot> | z.infer<typeof Changes>

export const SidecarConnection = z.strictObject({
  state: z.enum(['connecting', 'connected', 'reconnecting', 'closed']),
  /** Why it is not connected, in a few words, without anything secret. */
  error: z.string().nullable(),
})
export type SidecarConnection = z.infer<typeof SidecarConnection>

/** Why the sidecar gives up, in the terms of the error tree. */
const Failure = z.strictObject({ code: z.string(), message: z.string(), advice: z.string() })

export const FromSidecar = z.discriminatedUnion('type', [
  /** Waits for `start`. */
  z.strictObject({ type: z.literal('hello') }),
  z.strictObject({
    type: z.literal('ready'),
    devicesKnown: z.int(),
    /** Where a damaged database was set aside. */
    setAside: z.string().nullable(),
  }),
  /** The credentials expire soon or were refused: asks for others of the same key. */
  z.strictObject({ type: z.literal('credentials-wanted') }),
  z.strictObject({ type: z.literal('connection'), connection: SidecarConnection }),
  Snapshot,
  Changes,
  z.strictObject({
    type: z.literal('record'),
    requestId: RequestId,
    /** JSON text of the record. */
    record: z.string().nullable(),
  }),
  z.strictObject({
    type: z.literal('selected'),
    requestId: RequestId,
    /** `[tenant, deviceId]` */
    devices: z.array(z.tuple([z.string(), z.string()])),
  }),
  z.strictObject({
    type: z.literal('forgotten'),
    requestId: RequestId,
    outcome: z.enum(['forgotten', 'unknown', 'online']),
  }),
  /** A credential registers as a device that it was not issued for. */
  z.strictObject({
    type: z.literal('impostor'),
    tenant: z.string(),
    deviceId: z.string(),
    publicKey: z.string(),
    name: z.string(),
  }),
  /** What is, or soon will be, wrong with the store; null once that is over. */
  z.strictObject({ type: z.literal('store-problem'), problem: Failure.nullable() }),
  /** A tenant began to send without measure. */
  z.strictObject({ type: z.literal('flood'), tenant: z.string() }),
  z.strictObject({ type: z.literal('stats'), stats: z.record(z.string(), z.number()) }),
  z.strictObject({ type: z.literal('failed'), failure: Failure }),
])
export type FromSidecar = z.infer<typeof FromSidecar>
