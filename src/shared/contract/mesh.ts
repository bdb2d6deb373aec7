import { DialectName, eventIterator, Instant, Problem, procedure, StrictName, z } from './common.ts'

export const MeshState = z.strictObject({
  kind: z.enum(['none', 'local', 'remote']),
  /** What the person calls it; empty for `none`. */
  name: z.string(),
  dialect: DialectName,
  state: z.enum(['stopped', 'starting', 'connected', 'reconnecting', 'failed']),
  since: Instant,
  /** The URLs that stand in issued credentials. */
  deviceUrls: z.array(z.string()),
  /** Whether devices elsewhere on the network can reach it. */
  reach: z.enum(['loopback', 'network', 'remote']),
  tls: z.boolean(),
  serverVersion: z.string().nullable(),
  rttMs: z.number().nullable(),
  /** Times that Muster's own connection was lost and came back since the app started. */
  reconnects: z.int(),
  /** Times that the local nats-server was started again since the app started. */
  serverRestarts: z.int(),
  /** Whether this mesh can take new devices: it holds a signing key of the tenant. */
  canIssue: z.boolean(),
  problem: Problem.nullable(),
})
export type MeshState = z.infer<typeof MeshState>

export const NetworkAddress = z.strictObject({
  address: z.string(),
  family: z.enum(['IPv4', 'IPv6']),
  interfaceName: z.string(),
})
export type NetworkAddress = z.infer<typeof NetworkAddress>

/** Who can reach the local mesh: this computer only, or the network by one address of it. */
export const MeshReach = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('loopback') }),
  z.strictObject({
    kind: z.literal('network'),
    address: z.string().min(1).max(255),
    tls: z.boolean(),
  }),
])
export type MeshReach = z.infer<typeof MeshReach>

export const RemoteConnection = z.strictObject({
  id: z.string(),
  name: z.string(),
  dialect: DialectName,
  urls: z.array(z.string()),
  tenant: z.string(),
  /** Its operator is this profile's: see `resolver.managed`. */
  managed: z.boolean(),
  active: z.boolean(),
})
export type RemoteConnection = z.infer<typeof RemoteConnection>

export const NewRemoteConnection = z.strictObject({
  name: z.string().min(1).max(64),
  dialect: DialectName,
  /** `nats:// tls:// ws:// wss://` */
  urls: z.array(z.string().min(1).max(512)).min(1).max(16),
  tenant: StrictName,
  /** Text of a `.creds` or `.creds.json` file. In only; main keeps it in the keychain. */
  credentials: z.string().min(1).max(64_000),
  /** Certificate authority as PEM; null for the system's. */
  caPem: z.string().max(256_000).nullable(),
})
export type NewRemoteConnection = z.infer<typeof NewRemoteConnection>

export const mesh = {
  watch: procedure.output(
    eventIterator(z.strictObject({ type: z.literal('snapshot'), mesh: MeshState })),
  ),
  networkAddresses: procedure.output(z.array(NetworkAddress)),
  /** Creates operator, accounts and the first tenant, starts the server and the registry. */
  createLocal: procedure
    .input(z.strictObject({ dialect: DialectName, tenant: StrictName, reach: MeshReach }))
    .output(MeshState),
  /** Opens the local mesh to the network, or closes it again; the server restarts. */
  setReach: procedure.input(MeshReach).output(MeshState),
  connections: procedure.output(z.array(RemoteConnection)),
  addRemote: procedure.input(NewRemoteConnection).output(RemoteConnection),
  removeRemote: procedure.input(z.strictObject({ id: z.string() })).output(z.null()),
  /** Switches to the local mesh (`local`) or to a saved connection. */
  use: procedure.input(z.strictObject({ id: z.string() })).output(MeshState),
}
