import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import type { PermissionTemplate } from '#shared/protocol/permission-template.ts'
import { Role } from '#shared/contract/common.ts'
import { InternalError } from '#shared/errors.ts'
import { DEFAULT_TEMPLATES, isCustomRole, type CustomRole } from '#shared/protocol/roles.ts'

const Rules = z.strictObject({ allow: z.array(z.string()), deny: z.array(z.string()) })
const Template = z.strictObject({
  pub: Rules,
  sub: Rules,
  answers: z.strictObject({ max: z.int(), seconds: z.int() }).nullable(),
  inbox: z.enum(['shared', 'private']),
})
const KeyRow = z.object({
  public_key: z.string(),
  role: Role,
  account: z.string(),
  tenant: z.string().nullable(),
  created_at: z.int(),
})

/** A signing key whose users have the permissions of one role, and nothing else. */
export interface ScopedKey {
  readonly publicKey: string
  readonly role: Role
  /** The account (A…) that lists it. */
  readonly account: string
  /** Whose subjects its template names; null for the registry. */
  readonly tenant: string | null
  readonly createdAt: Date
}

/** Templates of the roles as they were edited, and the scoped keys that were made from them. */
export class RoleStore {
  readonly #database: DatabaseSync

  /** @param database with AUTHORITY_MIGRATIONS applied */
  constructor(database: DatabaseSync) {
    this.#database = database
  }

  template(role: Role): PermissionTemplate {
    const row = this.#database
      .prepare('SELECT template FROM authority_roles WHERE role = ?')
      .get(role)
    const text = row?.['template']
    return typeof text === 'string' ? Template.parse(JSON.parse(text)) : this.comesWith(role)
  }

  /** The template that a role came with: Muster's, or the imported store's. @throws InternalError `ROLE_UNKNOWN`. */
  comesWith(role: Role): PermissionTemplate {
    if (!isCustomRole(role)) return DEFAULT_TEMPLATES[role]
    const row = this.#database
      .prepare('SELECT template FROM authority_custom_roles WHERE role = ?')
      .get(role)
    const text = row?.['template']
    if (typeof text === 'string') return Template.parse(JSON.parse(text))
    throw new InternalError({
      code: 'ROLE_UNKNOWN',
      message: `There is no role ${role} in this profile.`,
      advice: 'Look at Keys, Roles for those that there are.',
    })
  }

  /** Roles that came with imported stores, by name. */
  custom(): CustomRole[] {
    return this.#database
      .prepare('SELECT role FROM authority_custom_roles ORDER BY role')
      .all()
      .flatMap((row) => {
        const role = String(row['role'])
        return isCustomRole(role) ? role : []
      })
  }

  addCustom(role: CustomRole, template: PermissionTemplate, at: Date): void {
    this.#database
      .prepare(
        'INSERT OR IGNORE INTO authority_custom_roles (role, template, imported_at) VALUES (?, ?, ?)',
      )
      .run(role, JSON.stringify(template), at.getTime())
  }

  /** When a role's template was edited; null for one that is as it came. */
  editedAt(role: Role): Date | null {
    const row = this.#database
      .prepare('SELECT changed_at FROM authority_roles WHERE role = ?')
      .get(role)
    const at = row?.['changed_at']
    return typeof at === 'number' ? new Date(at) : null
  }

  /** Saves a template; null goes back to the one that the role came with. */
  setTemplate(role: Role, template: PermissionTemplate | null, at: Date): void {
    if (template === null) {
      this.#database.prepare('DELETE FROM authority_roles WHERE role = ?').run(role)
      return
    }
    this.#database
      .prepare(
        'INSERT OR REPLACE INTO authority_roles (role, template, changed_at) VALUES (?, ?, ?)',
      )
      .run(role, JSON.stringify(template), at.getTime())
  }

  /** Scoped keys that are in use, the newest first: the first of a role and tenant signs. */
  keys(account?: string): ScopedKey[] {
    const inUse = 'retired_at IS NULL'
    const order = 'ORDER BY created_at DESC, rowid DESC'
    const rows =
      account === undefined
        ? this.#database
            .prepare(`SELECT * FROM authority_scoped_keys WHERE ${inUse} ${order}`)
            .all()
        : this.#database
            .prepare(`SELECT * FROM authority_scoped_keys WHERE account = ? AND ${inUse} ${order}`)
            .all(account)
    return rows.map((row) => {
      const { public_key, created_at, ...rest } = KeyRow.parse(row)
      return { publicKey: public_key, createdAt: new Date(created_at), ...rest }
    })
  }

  addKey(key: ScopedKey): void {
    this.#database
      .prepare(
        'INSERT OR IGNORE INTO authority_scoped_keys (public_key, role, account, created_at, tenant) VALUES (?, ?, ?, ?, ?)',
      )
      .run(key.publicKey, key.role, key.account, key.createdAt.getTime(), key.tenant)
  }

  retireKey(publicKey: string, at: Date): void {
    this.#database
      .prepare('UPDATE authority_scoped_keys SET retired_at = ? WHERE public_key = ?')
      .run(at.getTime(), publicKey)
  }

  removeKey(publicKey: string): void {
    this.#database.prepare('DELETE FROM authority_scoped_keys WHERE public_key = ?').run(publicKey)
  }
}
