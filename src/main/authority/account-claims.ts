import type { Dialect } from '#shared/protocol/dialect.ts'
import { subjectsOf } from '#shared/protocol/subjects.ts'

export type CrossingType = 'service' | 'stream'

/** What an account offers. Fields that are not named here, written elsewhere, are kept. */
export interface Export {
  readonly name: string
  readonly subject: string
  readonly type: CrossingType
  readonly response_type?: string
  /** An importer needs an activation token. Muster never asks for one: see `registryWiring`. */
  readonly token_req?: boolean
}

/** What an account takes from another. Fields that are not named here are kept. */
export interface Import {
  readonly name: string
  /** In the exporting account. */
  readonly subject: string
  readonly account: string
  readonly type: CrossingType
  /** Under which subject it is met here; `$1` names the first wildcard of `subject`. */
  readonly local_subject?: string
  /** The exporter is told who asks: the server writes it into a header of each request. */
  readonly share?: boolean
}

/** Where a mapped subject leads, and which share of its messages in percent. */
export interface MappingDestination {
  readonly subject: string
  readonly weight?: number
  readonly cluster?: string
}

/** Exports and imports of an account: what crosses its border. */
export interface Wiring {
  readonly imports: readonly Import[]
  readonly exports: readonly Export[]
}

/** Limits of an account, as its JWT carries them; -1 is no limit. */
export interface AccountLimits {
  readonly subs: number
  readonly data: number
  readonly payload: number
  readonly imports: number
  readonly exports: number
  readonly wildcards: boolean
  readonly conn: number
  readonly leaf: number
  /** JetStream; without storage it is off. Bytes. */
  readonly mem_storage?: number
  readonly disk_storage?: number
  readonly streams?: number
  readonly consumer?: number
}

/** A signing key whose users have the permissions of this template and bring none of their own. */
export interface ScopedSigningKey {
  readonly kind: 'user_scope'
  readonly key: string
  readonly role: string
  readonly template: object
}

/** A plain signing key (A…), whose users carry their permissions themselves, or a scoped one. */
export type SigningKeyClaim = string | ScopedSigningKey

/** Public keys of all that sign for an account, plain and scoped. An account written elsewhere may have none. */
export function signingKeyIds(claims: {
  readonly signing_keys?: readonly SigningKeyClaim[]
}): string[] {
  return (claims.signing_keys ?? []).map((key) => (typeof key === 'string' ? key : key.key))
}

/** The `nats` part of an account JWT, as far as Muster writes it. */
export interface AccountClaims extends Wiring {
  readonly limits: AccountLimits
  readonly signing_keys: readonly SigningKeyClaim[]
  /** User public key -> unix seconds: JWTs issued up to then are refused. */
  readonly revocations: Readonly<Record<string, number>>
  readonly default_permissions: { readonly pub: object; readonly sub: object }
  /** Subject -> where its messages go instead. */
  readonly mappings?: Readonly<Record<string, readonly MappingDestination[]>>
}

/** What the first JWT of a tenant's account carries beyond its wiring. */
export interface WantedSettings {
  readonly limits?: AccountLimits
  readonly mappings?: Readonly<Record<string, readonly MappingDestination[]>>
}

/** JetStream storage of an account in bytes; -1 leaves it to the server's own limit. */
export interface JetStreamStorage {
  readonly diskBytes: number
  readonly memoryBytes: number
}

export const NO_LIMITS: AccountLimits = {
  subs: -1,
  data: -1,
  payload: -1,
  imports: -1,
  exports: -1,
  wildcards: true,
  conn: -1,
  leaf: -1,
}

/** Claims of a new account that has nothing to do with any other. */
export function newAccountClaims(signingKey: string, jetStream?: JetStreamStorage): AccountClaims {
  const storage =
    jetStream === undefined
      ? {}
      : {
          mem_storage: jetStream.memoryBytes,
          disk_storage: jetStream.diskBytes,
          streams: -1,
          consumer: -1,
        }
  return {
    limits: { ...NO_LIMITS, ...storage },
    signing_keys: [signingKey],
    imports: [],
    exports: [],
    revocations: {},
    default_permissions: { pub: {}, sub: {} },
  }
}

/** A tenant with the account it lives in. */
export interface WiredTenant {
  readonly name: string
  readonly account: string
}

/**
 * What REGISTRY offers to tenants and takes from them, so that one registry connection serves all.
 *
 * Its exports carry a wildcard for the tenant instead of one line per tenant: the account JWT has to
 * fit the server's max_payload, and a new tenant's imports resolve at once, whichever of the two
 * accounts a server learns first. They are public, since an import can only come to be in an account JWT
 * that the operator signed, and that is this app: an activation token per import would guard
 * against nobody and make the JWT three times as long.
 *
 * Never `P.T.device.*` as a stream: it overlaps the imported `P.T.*.heartbeat`, which the server
 * then drops without a word.
 */
export function registryWiring(dialect: Dialect, tenants: readonly WiredTenant[]): Wiring {
  const root = dialect.subjectRoot
  const subjects = subjectsOf(dialect)
  return {
    exports: [
      service('registry', `${root}.*.registry`),
      service('discovery', `${root}.*.discovery`),
      stream('online', `${root}.*.device.online`),
      stream('offline', `${root}.*.device.offline`),
    ],
    imports: tenants.flatMap(({ name, account }) => [
      { name: 'heartbeat', subject: subjects.heartbeatsOf(name), account, type: 'stream' as const },
      { name: 'event', subject: subjects.allEventsOf(name), account, type: 'stream' as const },
      { name: 'cmd', subject: subjects.commandsOf(name), account, type: 'service' as const },
    ]),
  }
}

/** The other side of it: what the account of these tenants offers to REGISTRY and takes from it. */
export function tenantWiring(
  dialect: Dialect,
  tenants: readonly string[],
  registryAccount: string,
): Wiring {
  const subjects = subjectsOf(dialect)
  const from = (name: string, subject: string, type: 'service' | 'stream'): Import => ({
    name,
    subject,
    account: registryAccount,
    type,
  })
  return {
    exports: tenants.flatMap((tenant) => [
      stream('heartbeat', subjects.heartbeatsOf(tenant)),
      stream('event', subjects.allEventsOf(tenant)),
      service('cmd', subjects.commandsOf(tenant)),
    ]),
    imports: tenants.flatMap((tenant) => [
      { ...from('registry', subjects.registry(tenant), 'service'), share: true },
      from('discovery', subjects.discovery(tenant), 'service'),
      from('online', subjects.online(tenant), 'stream'),
      from('offline', subjects.offline(tenant), 'stream'),
    ]),
  }
}

function stream(name: string, subject: string): Export {
  return { name, subject, type: 'stream' }
}

function service(name: string, subject: string): Export {
  return { name, subject, type: 'service', response_type: 'Singleton' }
}
