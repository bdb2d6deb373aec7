import type { StatementSync } from 'node:sqlite'
import { inTransaction, openDatabase, type Migration } from '../storage/database.ts'
import type { RegistryStore, StoreChange, StoredDevice, StorePace } from './store.ts'

const LOAD_PAGE = 500

/** A batch blocks the event loop: 250 rows for about 3 ms, and heartbeats have their turn between. */
const PACE: StorePace = {
  registrationsAfterMs: 20,
  statusAfterMs: 200,
  maxBatch: 250,
  maxInFlight: 1,
  confirmsWritten: false,
}

const MIGRATIONS: readonly Migration[] = [
  {
    name: '001-registry-devices',
    sql: `
      CREATE TABLE registry_devices (
        tenant TEXT NOT NULL,
        device_id TEXT NOT NULL,
        document TEXT NOT NULL,
        status TEXT NOT NULL,
        since INTEGER NOT NULL,
        last_seen INTEGER,
        offline_at INTEGER,
        PRIMARY KEY (tenant, device_id)
      ) STRICT`,
  },
  {
    name: '002-registry-presence',
    sql: 'ALTER TABLE registry_devices ADD COLUMN presence TEXT',
  },
]

const PUT = `
  INSERT INTO registry_devices
    (document, status, since, last_seen, offline_at, presence, tenant, device_id)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (tenant, device_id) DO UPDATE SET document = excluded.document,
    status = excluded.status, since = excluded.since, last_seen = excluded.last_seen,
    offline_at = excluded.offline_at, presence = excluded.presence`

const UPDATE = `
  UPDATE registry_devices SET status = ?, since = ?, last_seen = ?, offline_at = ?, presence = ?
  WHERE tenant = ? AND device_id = ?`

const REMOVE = 'DELETE FROM registry_devices WHERE tenant = ? AND device_id = ?'

const PAGE = `
  SELECT tenant, device_id, document, status, since, last_seen, offline_at, presence
  FROM registry_devices
  WHERE (tenant, device_id) > (?, ?) ORDER BY tenant, device_id LIMIT ${LOAD_PAGE}`

export interface SqliteStore extends RegistryStore {
  /** Where a damaged file was set aside, if that happened. */
  readonly setAside: string | undefined
}

/**
 * The embedded store: one SQLite file, written in one transaction a batch.
 * @throws RejectedError `DATABASE_UNREADABLE` or `DATABASE_TOO_NEW`, see `openDatabase`.
 */
export function openSqliteStore(path: string): SqliteStore {
  const { database, setAside } = openDatabase(path, MIGRATIONS)
  const put = database.prepare(PUT)
  const update = database.prepare(UPDATE)
  const remove = database.prepare(REMOVE)
  const page = database.prepare(PAGE)
  let open = true
  return {
    setAside,
    pace: PACE,
    load: (signal) => pages(page, signal),
    write: async (changes, signal) => {
      signal.throwIfAborted()
      inTransaction(database, () => {
        for (const change of changes) apply(change, { put, update, remove })
      })
      return []
    },
    close: async () => {
      if (open) database.close()
      open = false
    },
  }
}

function apply(
  change: StoreChange,
  statements: Readonly<Record<StoreChange['kind'], StatementSync>>,
): void {
  const { tenant, deviceId } = change.device
  if (change.kind === 'remove') {
    statements.remove.run(tenant, deviceId)
    return
  }
  const { document, status, sinceEpochMs, lastSeenEpochMs, offlineAtEpochMs } = change.device
  const times = [sinceEpochMs, lastSeenEpochMs, offlineAtEpochMs] as const
  const rest = [status, ...times, change.device.presence ?? null, tenant, deviceId] as const
  if (change.kind === 'put') statements.put.run(document, ...rest)
  else statements.update.run(...rest)
}

async function* pages(
  statement: StatementSync,
  signal: AbortSignal,
): AsyncGenerator<readonly StoredDevice[]> {
  let after: readonly [string, string] = ['', '']
  for (;;) {
    signal.throwIfAborted()
    const devices = statement.all(...after).map(toStoredDevice)
    const last = devices.at(-1)
    if (last === undefined) return
    yield devices
    after = [last.tenant, last.deviceId]
  }
}

function toStoredDevice(row: Record<string, unknown>): StoredDevice {
  return {
    tenant: String(row['tenant']),
    deviceId: String(row['device_id']),
    document: String(row['document']),
    status: String(row['status']),
    sinceEpochMs: Number(row['since']),
    lastSeenEpochMs: numberOrNull(row['last_seen']),
    offlineAtEpochMs: numberOrNull(row['offline_at']),
    presence: typeof row['presence'] === 'string' ? row['presence'] : null,
  }
}

function numberOrNull(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value)
}
