import type { DatabaseSync } from 'node:sqlite'
import {
  TenantSettings,
  type Mapping,
  type SettingsSource,
  type TenantTemplate,
} from '#shared/contract/tenants.ts'
import { RejectedError } from '#shared/errors.ts'
import { NO_LIMITS, type AccountClaims, type WantedSettings } from '../authority/account-claims.ts'
import { limitsOf, withLimits } from '../authority/account-limits.ts'
import { requireMapping } from '../authority/account-mappings.ts'

const PLACEHOLDER = '{tenant}'
const FULL_WEIGHT = 100

/** Named settings for new tenants. */
export class TenantTemplates {
  readonly #database: DatabaseSync
  readonly #now: () => Date

  /** @param database with AUTHORITY_MIGRATIONS applied */
  constructor(database: DatabaseSync, now: () => Date) {
    this.#database = database
    this.#now = now
  }

  list(): TenantTemplate[] {
    return this.#database
      .prepare('SELECT name, settings, changed_at FROM tenant_templates ORDER BY name')
      .all()
      .map((row) => ({
        name: String(row['name']),
        settings: TenantSettings.parse(JSON.parse(String(row['settings']))),
        changedAt: new Date(Number(row['changed_at'])).toISOString(),
      }))
  }

  /** @throws RejectedError where a mapping could not be used. */
  save(name: string, settings: TenantSettings): TenantTemplate[] {
    // As for a tenant of any name: a template that no tenant could take is refused now.
    wantedOf(settings, 'example')
    this.#database
      .prepare(
        'INSERT OR REPLACE INTO tenant_templates (name, settings, changed_at) VALUES (?, ?, ?)',
      )
      .run(name, JSON.stringify(settings), this.#now().getTime())
    return this.list()
  }

  remove(name: string): TenantTemplate[] {
    this.#database.prepare('DELETE FROM tenant_templates WHERE name = ?').run(name)
    return this.list()
  }

  /** @throws RejectedError `TEMPLATE_UNKNOWN` */
  get(name: string): TenantSettings {
    const template = this.list().find((each) => each.name === name)
    if (template !== undefined) return template.settings
    throw new RejectedError({
      code: 'TEMPLATE_UNKNOWN',
      message: `There is no template ${name} any more.`,
      advice: 'Choose another one.',
    })
  }
}

/** Settings that a source stands for; undefined for a tenant with nothing particular. */
export function settingsFrom(
  source: SettingsSource,
  templates: TenantTemplates,
  settingsOf: (tenant: string) => TenantSettings,
): TenantSettings | undefined {
  if (source.from === 'default') return undefined
  return source.from === 'template' ? templates.get(source.template) : settingsOf(source.tenant)
}

/** An account's settings as a template has them: the tenant's own name becomes `{tenant}`. */
export function settingsOfAccount(claims: AccountClaims, tenant: string): TenantSettings {
  const general = (subject: string) =>
    subject
      .split('.')
      .map((token, index) => (token === tenant && index > 0 ? PLACEHOLDER : token))
      .join('.')
  return {
    limits: limitsOf(claims.limits),
    mappings: mappingsOf(claims).map(({ subject, destinations }) => ({
      subject: general(subject),
      destinations: destinations.map((each) => ({ ...each, subject: general(each.subject) })),
    })),
  }
}

/**
 * What the account of a tenant of this name begins with.
 * @throws RejectedError where a mapping can't be used.
 */
export function wantedOf(settings: TenantSettings, tenant: string): WantedSettings {
  const own = (subject: string) => subject.replaceAll(PLACEHOLDER, tenant)
  const mappings = settings.mappings.map(({ subject, destinations }): Mapping => ({
    subject: own(subject),
    destinations: destinations.map((each) => ({ ...each, subject: own(each.subject) })),
  }))
  for (const { subject, destinations } of mappings) requireMapping(subject, destinations)
  return {
    limits: withLimits(NO_LIMITS, settings.limits),
    ...(mappings.length === 0
      ? {}
      : {
          mappings: Object.fromEntries(
            mappings.map(({ subject, destinations }) => [subject, destinations]),
          ),
        }),
  }
}

/** Mappings of an account in the order of their subjects. */
export function mappingsOf({ mappings = {} }: AccountClaims): Mapping[] {
  return Object.entries(mappings)
    .map(([subject, destinations]) => ({
      subject,
      destinations: destinations.map((each) => ({
        subject: each.subject,
        weight: each.weight ?? FULL_WEIGHT,
      })),
    }))
    .toSorted((one, other) => one.subject.localeCompare(other.subject))
}
