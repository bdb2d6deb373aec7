import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { inTransaction } from '../storage/database.ts'

const HolderKey = z.object({
  public_key: z.string(),
  purpose: z.enum(['identity', 'signing']),
  kind: z.enum(['operator', 'system', 'registry', 'shared', 'tenant']),
  holder: z.string(),
})

/** A key that this profile knows, with whom it belongs to. */
export interface KnownKey {
  readonly publicKey: string
  readonly purpose: 'identity' | 'signing'
  readonly kind: z.infer<typeof HolderKey>['kind']
  /** Name of the operator or account. */
  readonly holder: string
}

const KitRow = z.object({
  id: z.string(),
  created_at: z.int(),
  form: z.enum(['file', 'page']),
  sealed_to: z.enum(['passphrase', 'recipients']),
  rehearsed_at: z.int().nullable(),
})

export interface KitRow {
  readonly id: string
  readonly createdAt: Date
  readonly form: 'file' | 'page'
  readonly sealedTo: 'passphrase' | 'recipients'
  readonly rehearsedAt: Date | null
  readonly keys: ReadonlySet<string>
}

// Keys in use: those that were rotated away are of no use to anybody. The operator's come first.
const KNOWN_KEYS = `
  SELECT k.public_key, k.purpose,
    coalesce(a.kind, 'operator') AS kind,
    coalesce(a.name, o.name) AS holder
  FROM (
    SELECT public_key, purpose, holder, created_at FROM authority_keys WHERE retired_at IS NULL
    UNION ALL
    SELECT public_key, 'signing', account, created_at FROM authority_scoped_keys WHERE retired_at IS NULL
  ) k
  LEFT JOIN authority_accounts a ON a.public_key = k.holder
  LEFT JOIN authority_operator o ON o.public_key = k.holder
  WHERE a.public_key IS NOT NULL OR o.public_key IS NOT NULL
  ORDER BY a.public_key IS NOT NULL, k.created_at, k.public_key`

/** The kits that were made, and the keys that they should hold. Knows SQL, decides nothing. */
export class RecoveryStore {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** Keys of the operator and of all accounts; the operator's first. */
  knownKeys(): KnownKey[] {
    return this.#database
      .prepare(KNOWN_KEYS)
      .all()
      .map((raw) => {
        const { public_key: publicKey, ...row } = HolderKey.parse(raw)
        return { publicKey, ...row }
      })
  }

  /** The newest first. */
  kits(): KitRow[] {
    const keys = this.#database.prepare('SELECT public_key FROM recovery_kit_keys WHERE kit = ?')
    return this.#database
      .prepare('SELECT * FROM recovery_kits ORDER BY created_at DESC, rowid DESC')
      .all()
      .map((raw) => {
        const row = KitRow.parse(raw)
        return {
          id: row.id,
          createdAt: new Date(row.created_at),
          form: row.form,
          sealedTo: row.sealed_to,
          rehearsedAt: row.rehearsed_at === null ? null : new Date(row.rehearsed_at),
          keys: new Set(keys.all(row.id).map((key) => String(key['public_key']))),
        }
      })
  }

  addKit(kit: KitRow): void {
    inTransaction(this.#database, () => {
      this.#database
        .prepare(
          'INSERT INTO recovery_kits (id, created_at, form, sealed_to, rehearsed_at) VALUES (?, ?, ?, ?, ?)',
        )
        .run(kit.id, kit.createdAt.getTime(), kit.form, kit.sealedTo, null)
      const add = this.#database.prepare(
        'INSERT INTO recovery_kit_keys (kit, public_key) VALUES (?, ?)',
      )
      for (const key of kit.keys) add.run(kit.id, key)
    })
  }

  setRehearsed(id: string, at: Date): void {
    this.#database
      .prepare('UPDATE recovery_kits SET rehearsed_at = ? WHERE id = ?')
      .run(at.getTime(), id)
  }

  lastBackupAt(): Date | undefined {
    const row = this.#database.prepare('SELECT at FROM recovery_backups').get()
    return typeof row?.['at'] === 'number' ? new Date(row['at']) : undefined
  }

  setBackedUp(at: Date): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO recovery_backups (id, at) VALUES (1, ?)')
      .run(at.getTime())
  }
}
