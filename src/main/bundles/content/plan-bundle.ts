import type { BundleChoice, BundlePlan } from '#shared/contract/bundles.ts'
import { ConflictError, RejectedError, TransientError } from '#shared/errors.ts'
import { safeName } from '../../files/safe-name.ts'
import { estimatedBytes } from '../assemble.ts'
import type { BundleAuthority } from '../collaborators.ts'
import { ownPath } from '../../paths/own-path.ts'
import { layoutOf } from './build-content.ts'
import { credentialsIn } from './own-files.ts'
import { planItems, type PlannedItem } from './plan.ts'

/** As many as a person looks at; the counts tell the rest. */
const MAX_SHOWN = 500

/** A plan with what it takes to carry it out. Secret. */
export interface Planned {
  readonly plan: BundlePlan
  readonly items: readonly PlannedItem[]
  /** The tenant's account (A…). */
  readonly account: string
}

/** @throws ConflictError `AUTHORITY_NOT_SET_UP`; RejectedError `TENANT_UNKNOWN`, `PATH_NOT_ABSOLUTE`; TransientError `TENANT_NOT_READY`. */
export async function planOf(
  authority: Pick<BundleAuthority, 'operator' | 'tenants' | 'ledger'>,
  choice: BundleChoice,
  now: Date,
): Promise<Planned> {
  requireOperator(authority.operator())
  const { account, isolation } = requireTenant(authority, choice.tenant)
  const own =
    choice.credentialFolder === ''
      ? new Map()
      : await credentialsIn(ownPath(choice.credentialFolder), choice.tenant, now)
  const items = planItems(choice, {
    account,
    isolation,
    entries: authority.ledger.entriesOfTenant(choice.tenant),
    own,
    now,
  })
  return { plan: shown(choice, items, now), items, account }
}

function shown(choice: BundleChoice, items: readonly PlannedItem[], now: Date): BundlePlan {
  const count = (way: PlannedItem['way']) => items.filter((item) => item.way === way).length
  const files = fileNames(choice, items, now)
  return {
    credentials: items.slice(0, MAX_SHOWN).map(({ name, way, reason, publicKey, replaces }) => ({
      name,
      way,
      reason,
      publicKey,
      replaces,
    })),
    counts: {
      repack: count('repack'),
      keep: count('keep'),
      issue: count('issue'),
      refuse: count('refuse'),
    },
    name: suggestedName(choice, items, now),
    files: files.slice(0, MAX_SHOWN),
    fileCount: files.length,
    bytes: estimatedBytes(items.filter(({ way }) => way !== 'refuse').length),
  }
}

/** Laid out with nothing in it, which gives the names. */
function fileNames(choice: BundleChoice, items: readonly PlannedItem[], now: Date): string[] {
  const credentials = items
    .filter(({ way }) => way !== 'refuse')
    .map(({ name, way, deviceKey }) => ({
      name,
      file: safeName(name),
      publicKey: '',
      jwt: '',
      expiresAt: now,
      inboxPrefix: '_INBOX',
      ...(way === 'keep' || deviceKey !== undefined ? {} : { seed: '' }),
    }))
  if (credentials.length === 0) return []
  const { tenant, alsoCreds, certificates, starters } = choice
  const parcel = {
    dialect: 'device-connect',
    tenant,
    urls: [],
    caPem: '',
    credentials,
    alsoCreds,
    certificates,
    starters,
    createdAt: now,
  } as const
  return layoutOf(choice.kind, parcel).map(({ path }) => path)
}

function suggestedName(choice: BundleChoice, items: readonly PlannedItem[], now: Date): string {
  const [only] = items
  const what =
    choice.kind === 'tenant'
      ? choice.tenant
      : items.length === 1 && only !== undefined
        ? choice.kind === 'devices'
          ? `${choice.tenant}-${only.name}`
          : only.name
        : `${choice.tenant}-${items.length}-devices`
  return `${safeName(what)}-${now.toISOString().slice(0, 10)}`.slice(0, 64)
}

/** @throws ConflictError `AUTHORITY_NOT_SET_UP`. */
export function requireOperator<T>(operator: T | undefined): T {
  if (operator !== undefined) return operator
  throw new ConflictError({
    code: 'AUTHORITY_NOT_SET_UP',
    message: 'This profile has no operator yet, so it can issue no credentials.',
    advice: 'Make a local mesh first (Settings, Mesh).',
  })
}

/** @throws RejectedError `TENANT_UNKNOWN`; TransientError `TENANT_NOT_READY`. */
export function requireTenant(authority: Pick<BundleAuthority, 'tenants'>, name: string) {
  const tenant = authority.tenants().find((one) => one.name === name)
  if (tenant === undefined) {
    throw new RejectedError({
      code: 'TENANT_UNKNOWN',
      message: `There is no tenant ${name} in this profile.`,
      advice: 'Choose another one.',
      details: { tenant: name },
    })
  }
  if (tenant.state === 'ready') return tenant
  throw new TransientError({
    code: 'TENANT_NOT_READY',
    message: `The mesh has not confirmed the tenant ${name} yet, so nobody could connect with a credential for it.`,
    advice: 'Wait until the tenant is ready, or look at its problem on the Tenants page.',
    details: { tenant: name },
  })
}
