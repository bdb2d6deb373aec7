import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { z } from 'zod'
import { Problem } from '#shared/contract/common.ts'
import {
  Revocation,
  RevocationEvidence,
  RevocationStep,
  type Revocation as RevocationView,
} from '#shared/contract/credentials.ts'
import type { RevocationOrder } from '../authority/revocation-order.ts'
import { inTransaction } from '../storage/database.ts'

/** How many of those that ended the window is told of at once. */
const LATEST_SHOWN = 50

const Json = z.string().transform((text): unknown => JSON.parse(text))

const Row = z.object({
  id: z.string(),
  scope: Revocation.shape.scope,
  account: z.string(),
  keys: Json.pipe(z.record(z.string(), z.int())),
  account_name: z.string(),
  up_to: z.int().nullable(),
  reason: z.string(),
  credential_count: z.int(),
  names: Json.pipe(z.array(z.string())),
  state: z.enum(['begun', 'done', 'failed', 'cancelled']),
  steps: Json.pipe(z.array(RevocationStep)),
  problem: Json.pipe(Problem).nullable(),
  evidence: Json.pipe(RevocationEvidence),
  begun_at: z.int(),
  revoked_at: z.int().nullable(),
  ended_at: z.int().nullable(),
})

/** A revocation as it is kept: what the window sees of it, and what is to be done. */
export interface RevocationRecord {
  readonly view: RevocationView
  readonly order: RevocationOrder
}

/** The revocations of this profile with what was seen of them; they stay for good. */
export class RevocationRecords {
  readonly #database: DatabaseSync

  /** @param database with CREDENTIAL_MIGRATIONS applied */
  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /**
   * Writes one down before anything is done about it, past a power cut: else the servers could come to
   * know of a revocation that nobody here remembers.
   * @throws TransientError `DISK_FULL`
   */
  add({ view, order }: RevocationRecord, credentialIds: readonly string[]): void {
    this.#database.exec('PRAGMA synchronous = FULL')
    try {
      inTransaction(this.#database, () => {
        this.#insert(view, order)
        const item = this.#database.prepare(
          'INSERT INTO credential_revocation_items (revocation, credential) VALUES (?, ?)',
        )
        for (const id of credentialIds) item.run(view.id, id)
      })
    } finally {
      this.#database.exec('PRAGMA synchronous = NORMAL')
    }
  }

  /** Writes down how it stands. In the caller's transaction where one is open. */
  save(view: RevocationView): void {
    this.#database
      .prepare(
        `UPDATE credential_revocations SET state = ?, steps = ?, problem = ?, evidence = ?,
           revoked_at = ?, ended_at = ? WHERE id = ?`,
      )
      .run(
        keptState(view),
        JSON.stringify(view.steps),
        view.problem === null ? null : JSON.stringify(view.problem),
        JSON.stringify(view.evidence),
        timeOf(view.revokedAt),
        timeOf(view.endedAt),
        view.id,
      )
  }

  record(id: string): RevocationRecord | undefined {
    const row = this.#database.prepare('SELECT * FROM credential_revocations WHERE id = ?').get(id)
    return row === undefined ? undefined : recordOf(row)
  }

  /** Those that have not ended, and the latest that have, the newest first. */
  latest(): RevocationView[] {
    return this.#database
      .prepare(
        `SELECT * FROM credential_revocations
         ORDER BY state = 'begun' DESC, begun_at DESC LIMIT ?`,
      )
      .all(LATEST_SHOWN)
      .map((row) => recordOf(row).view)
  }

  /** Those that took in a credential, the newest first. */
  ofCredential(credential: {
    readonly id: string
    readonly account: string
    readonly issuedAt: Date
  }): RevocationView[] {
    return this.#database
      .prepare(
        `SELECT * FROM credential_revocations WHERE id IN
           (SELECT revocation FROM credential_revocation_items WHERE credential = ?)
         OR (account = ? AND scope = 'account' AND up_to >= ?)
         ORDER BY begun_at DESC LIMIT ?`,
      )
      .all(
        credential.id,
        credential.account,
        Math.floor(credential.issuedAt.getTime() / 1000),
        LATEST_SHOWN,
      )
      .map((row) => recordOf(row).view)
  }

  /** Ids of the credentials that revocations under way will end, and the accounts with all theirs. */
  underWay(): { credentials: ReadonlySet<string>; accounts: ReadonlyMap<string, number> } {
    const credentials = this.#database
      .prepare(
        `SELECT credential FROM credential_revocation_items WHERE revocation IN
           (SELECT id FROM credential_revocations WHERE state = 'begun' AND revoked_at IS NULL)`,
      )
      .all()
    const accounts = this.#database
      .prepare(
        `SELECT account, max(up_to) AS up_to FROM credential_revocations
         WHERE state = 'begun' AND revoked_at IS NULL AND scope = 'account' GROUP BY account`,
      )
      .all()
    return {
      credentials: new Set(credentials.map((row) => String(row['credential']))),
      accounts: new Map(accounts.map((row) => [String(row['account']), Number(row['up_to'])])),
    }
  }

  #insert(view: RevocationView, order: RevocationOrder): void {
    this.#database
      .prepare(
        `INSERT INTO credential_revocations (id, scope, account, keys, account_name, up_to, reason,
           credential_count, names, state, steps, problem, evidence, begun_at, revoked_at, ended_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        view.id,
        view.scope,
        order.account,
        JSON.stringify(order.keys),
        view.accountName,
        order.upTo,
        order.reason,
        view.credentialCount,
        JSON.stringify(view.names),
        keptState(view),
        JSON.stringify(view.steps),
        null,
        JSON.stringify(view.evidence),
        Date.parse(view.begunAt),
        null,
        null,
      )
  }
}

/** Whether it runs or waits is a matter of this very process. */
function keptState({ state }: RevocationView): 'begun' | 'done' | 'failed' | 'cancelled' {
  return state === 'running' || state === 'waiting' ? 'begun' : state
}

function recordOf(raw: Record<string, SQLOutputValue>): RevocationRecord {
  const row = Row.parse(raw)
  const { account, keys, reason } = row
  const state = row.state === 'begun' ? 'waiting' : row.state
  const view: RevocationView = {
    id: row.id,
    account,
    accountName: row.account_name,
    scope: row.scope,
    issuedUpTo: row.up_to === null ? null : new Date(row.up_to * 1000).toISOString(),
    reason,
    credentialCount: row.credential_count,
    names: row.names,
    state,
    canCancel: state === 'waiting' && row.revoked_at === null,
    steps: row.steps,
    problem: row.problem,
    begunAt: new Date(row.begun_at).toISOString(),
    revokedAt: instantOf(row.revoked_at),
    endedAt: instantOf(row.ended_at),
    evidence: row.evidence,
  }
  return { view, order: { account, keys, upTo: row.up_to, reason } }
}

function instantOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}

function timeOf(instant: string | null): number | null {
  return instant === null ? null : Date.parse(instant)
}
