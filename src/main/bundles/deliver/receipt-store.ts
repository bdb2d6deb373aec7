import type { DatabaseSync } from 'node:sqlite'
import { BundleReceipt } from '#shared/contract/bundles.ts'
import { receiptUnknown } from '../bundle-errors.ts'

/** Receipts of the bundles that left this computer. */
export class ReceiptStore {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** The newest first. */
  receipts(limit: number): BundleReceipt[] {
    return this.#database
      .prepare('SELECT document FROM bundle_receipts ORDER BY at DESC, rowid DESC LIMIT ?')
      .all(limit)
      .map((row) => BundleReceipt.parse(JSON.parse(String(row['document']))))
  }

  /** @throws RejectedError `RECEIPT_UNKNOWN`. */
  receipt(id: string): BundleReceipt {
    const row = this.#database.prepare('SELECT document FROM bundle_receipts WHERE id = ?').get(id)
    if (row === undefined) throw receiptUnknown()
    return BundleReceipt.parse(JSON.parse(String(row['document'])))
  }

  /** Adds one, with the keys (U…) of its credentials; in the caller's transaction. */
  add(receipt: BundleReceipt, publicKeys: readonly string[]): void {
    this.#database
      .prepare('INSERT INTO bundle_receipts (id, at, document) VALUES (?, ?, ?)')
      .run(receipt.id, Date.parse(receipt.at), JSON.stringify(receipt))
    const key = this.#database.prepare(
      'INSERT OR IGNORE INTO bundle_credentials (receipt, public_key) VALUES (?, ?)',
    )
    for (const publicKey of publicKeys) key.run(receipt.id, publicKey)
    const file = this.#database.prepare(
      'INSERT OR IGNORE INTO bundle_files (receipt, sha256) VALUES (?, ?)',
    )
    for (const { sha256 } of receipt.files) file.run(receipt.id, sha256)
  }

  /** The receipt of a file, by its SHA-256. */
  receiptOfFile(sha256: string): string | undefined {
    const row = this.#database
      .prepare('SELECT receipt FROM bundle_files WHERE sha256 = ? LIMIT 1')
      .get(sha256)
    return row === undefined ? undefined : String(row['receipt'])
  }

  /** Keys (U…) of what went out with a receipt; undefined where there is no such receipt. */
  keysOf(receipt: string): string[] | undefined {
    const known = this.#database.prepare('SELECT 1 FROM bundle_receipts WHERE id = ?').get(receipt)
    if (known === undefined) return undefined
    return this.#database
      .prepare('SELECT public_key FROM bundle_credentials WHERE receipt = ?')
      .all(receipt)
      .map((row) => String(row['public_key']))
  }

  /** Receipts that a credential went out with, the newest first. */
  receiptsOfKey(publicKey: string): string[] {
    return this.#database
      .prepare(
        'SELECT receipt FROM bundle_credentials JOIN bundle_receipts ON id = receipt WHERE public_key = ? ORDER BY at DESC',
      )
      .all(publicKey)
      .map((row) => String(row['receipt']))
  }
}
