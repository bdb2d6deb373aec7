import { dialectOf, type DialectName } from '#shared/protocol/dialect.ts'
import { isSafeToken } from '#shared/protocol/names.ts'
import type { StorePermissions } from './store-claims.ts'

/** What a user's permissions say about it (protocol.md, "User permissions in the field"). */
export type Reach =
  /** `P.T.>`, or less: one tenant; with the device where it is one device's subjects only. */
  | {
      readonly kind: 'tenant'
      readonly dialect: DialectName
      readonly tenant: string
      readonly deviceId: string | null
    }
  /** `P.>`: a registry, an orchestrator, a console of all tenants. */
  | { readonly kind: 'all-tenants'; readonly dialect: DialectName }
  /** No list at all: everything in its account. */
  | { readonly kind: 'unrestricted' }
  /** Subjects that are none of Device Connect's. */
  | { readonly kind: 'other' }

/** Reads from permissions whom a user belongs to. Of several tenants in one list the user is of none alone. */
export function reachOf({ pub, sub }: StorePermissions): Reach {
  const allowed = [...pub.allow, ...sub.allow]
  if (allowed.length === 0) return { kind: 'unrestricted' }
  for (const dialect of (['device-connect', 'fabric'] as const).map(dialectOf)) {
    const own = allowed
      .map((subject) => subject.split('.'))
      .filter(([root]) => root === dialect.subjectRoot)
    if (own.length === 0) continue
    const all = { kind: 'all-tenants', dialect: dialect.name } as const
    const tenants = new Set(own.map(([, tenant = '>']) => tenant))
    const [tenant = '>'] = tenants
    if (tenants.size !== 1 || tenant === '>' || tenant === '*') return all
    if (!isSafeToken(tenant) || isTemplate(tenant)) return { kind: 'other' }
    return { kind: 'tenant', dialect: dialect.name, tenant, deviceId: deviceIn(own) }
  }
  return allowed.includes('>') ? { kind: 'unrestricted' } : { kind: 'other' }
}

/** The one device whose subjects (`P.T.D.…`) a list names, besides what all devices share. */
function deviceIn(subjects: readonly (readonly string[])[]): string | null {
  const shared = new Set(['registry', 'discovery', 'broadcast', 'device'])
  const devices = new Set(
    subjects.map(([, , device = '>']) => device).filter((device) => !shared.has(device)),
  )
  const [device = '>'] = devices
  const one = devices.size === 1 && device !== '>' && device !== '*'
  return one && isSafeToken(device) && !isTemplate(device) ? device : null
}

/** What a server fills in for each user of a scoped key, such as `{{name()}}`. */
function isTemplate(token: string): boolean {
  return token.includes('{{')
}

/** Names that the scripts of the seed systems and people give to what is not a device. */
const REGISTRY_NAME = /regist/iu
const CONSOLE_NAME =
  /console|orchestr|devctl|statectl|agent|facilitator|admin|operator|portal|monitor/iu

export type JudgedRole = 'device' | 'registry' | 'console' | 'system'

/** The role of a user in the ledger, from what it may do and, where that leaves it open, its name. */
export function roleOf(reach: Reach, name: string, inSystemAccount: boolean): JudgedRole {
  if (inSystemAccount) return 'system'
  if (reach.kind === 'tenant') return CONSOLE_NAME.test(name) ? 'console' : 'device'
  return reach.kind === 'all-tenants' && REGISTRY_NAME.test(name) ? 'registry' : 'console'
}
