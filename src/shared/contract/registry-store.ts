import { Problem, procedure, z } from './common.ts'

/** `http://host:port` or `https://host:port`. */
export const EtcdEndpoint = z
  .string()
  .max(512)
  .regex(/^https?:\/\/[^/\s@]+$/u, 'Give it as http://host:2379 or https://host:2379.')

const MAX_PEM = 256_000
const Pem = z.string().min(1).max(MAX_PEM)

/** A part of what is saved already, or a new one. What is secret only ever comes in. */
const kept = <T extends z.ZodType>(value: T) =>
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('none') }),
    z.strictObject({ kind: z.literal('keep') }),
    z.strictObject({ kind: z.literal('new'), value }),
  ])

/** How to reach an etcd. */
export const EtcdAccess = z.strictObject({
  /** Members of one cluster. */
  endpoints: z.array(EtcdEndpoint).min(1).max(16),
  /** Certificate authority; the system's where there is none. */
  ca: kept(Pem),
  clientCertificate: kept(z.strictObject({ certificatePem: Pem, keyPem: Pem })),
  /** Empty for an etcd without logins. */
  user: z.string().max(256),
  password: kept(z.string().min(1).max(1024)),
})
export type EtcdAccess = z.infer<typeof EtcdAccess>

export const StoreOrder = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('embedded') }),
  z.strictObject({ kind: z.literal('etcd'), access: EtcdAccess }),
])
export type StoreOrder = z.infer<typeof StoreOrder>

/** How the store is, as the registry tells; null while none runs on it. */
const StoreCondition = z.strictObject({
  reachable: z.boolean(),
  /** That share it, this one among them. */
  registries: z.int(),
  databaseBytes: z.number(),
  /** 0 where it is not known. */
  quotaBytes: z.number(),
  membersAway: z.int(),
  outOfSpace: z.boolean(),
  /** Devices whose latest state it does not have yet. */
  backlog: z.int(),
})

export const RegistryStore = z.strictObject({
  kind: z.enum(['embedded', 'etcd']),
  /** The etcd in use, or the one that was used last. */
  etcd: z
    .strictObject({
      endpoints: z.array(z.string()),
      hasCa: z.boolean(),
      hasClientCertificate: z.boolean(),
      user: z.string(),
      hasPassword: z.boolean(),
    })
    .nullable(),
  /** Whether this profile's registry runs now; meshes elsewhere have their own. */
  runs: z.boolean(),
  condition: StoreCondition.nullable(),
  problem: Problem.nullable(),
})
export type RegistryStore = z.infer<typeof RegistryStore>

const EtcdMemberReport = z.strictObject({
  endpoint: z.string(),
  version: z.string().nullable(),
  databaseBytes: z.number().nullable(),
  quotaBytes: z.number().nullable(),
  outOfSpace: z.boolean(),
  /** Why it can not be used. */
  problem: Problem.nullable(),
})

export const EtcdReport = z.strictObject({
  members: z.array(EtcdMemberReport),
  /** Devices online that it holds, at most as many as are looked at. */
  devices: z.int(),
  /** There are more. */
  more: z.boolean(),
  /** Why a registry could not work with it; null where it could. */
  problem: Problem.nullable(),
})
export type EtcdReport = z.infer<typeof EtcdReport>

/** Where the registry of this profile keeps its devices. */
export const registryStore = {
  get: procedure.output(RegistryStore),
  /** Tries an etcd without using it; the saved one where null is given. */
  test: procedure.input(EtcdAccess.nullable()).output(EtcdReport),
  /** Uses this store from now on; the registry starts again. */
  use: procedure.input(StoreOrder).output(RegistryStore),
}
