/**
 * Credentials in force: of each holder the newest that was used. A holder is a device, whatever its key
 * and role, or else a key. One that nobody has connected with yet counts where its holder has no other; the app's own
 * connections never do, as they renew themselves.
 *
 * Part of a migration that profiles have run: a change of it takes another migration.
 */
const NEWER = '(n.issued_at > c.issued_at OR (n.issued_at = c.issued_at AND n.rowid > c.rowid))'
const REPLACES = `n.rowid <> c.rowid AND n.delivery <> 'internal' AND (
  (n.state = 'active' AND (c.state = 'pending' OR ${NEWER})) OR
  (n.state = 'pending' AND c.state = 'pending' AND ${NEWER}))`
// Due once four fifths of its life are over, as `dueAt` in life.ts.
const COLUMNS =
  'c.id, c.tenant, c.expires_at, c.expires_at - max(0, c.expires_at - c.issued_at) / 5'
const OF_DEVICES = `SELECT ${COLUMNS} FROM credentials c
  WHERE c.state IN ('active', 'pending') AND c.delivery <> 'internal' AND c.role <> 'system'
    AND c.device_id IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM credentials n WHERE n.tenant = c.tenant AND n.device_id = c.device_id
        AND ${REPLACES})`
const OF_KEYS = `SELECT ${COLUMNS} FROM credentials c
  WHERE c.state IN ('active', 'pending') AND c.delivery <> 'internal' AND c.role <> 'system'
    AND c.device_id IS NULL AND NOT EXISTS (
      SELECT 1 FROM credentials n WHERE n.public_key = c.public_key AND n.role = c.role
        AND n.account = c.account AND ${REPLACES})`

/** Statements that find anew what the holder of a row has in force. */
function forHolderOf(row: 'NEW' | 'OLD', holder: 'device' | 'key'): string {
  const [selected, same] =
    holder === 'device'
      ? [OF_DEVICES, `c.tenant IS ${row}.tenant AND c.device_id = ${row}.device_id`]
      : [
          OF_KEYS,
          `c.device_id IS NULL AND c.public_key = ${row}.public_key AND c.role = ${row}.role
            AND c.account = ${row}.account`,
        ]
  return `
    DELETE FROM renewal_in_force WHERE id IN (SELECT c.id FROM credentials c WHERE ${same});
    INSERT INTO renewal_in_force ${selected} AND ${same};`
}

function triggersFor(holder: 'device' | 'key'): string {
  const isOne = (row: string) =>
    holder === 'device'
      ? `${row}.delivery <> 'internal' AND ${row}.device_id IS NOT NULL`
      : // A credential for a device takes the place of one for its key alone.
        `${row}.delivery <> 'internal' AND (${row}.device_id IS NULL OR EXISTS (
          SELECT 1 FROM credentials k WHERE k.public_key = ${row}.public_key AND k.device_id IS NULL))`
  return `
    CREATE TRIGGER renewal_in_force_${holder}_added AFTER INSERT ON credentials
    WHEN ${isOne('NEW')} BEGIN ${forHolderOf('NEW', holder)} END;
    CREATE TRIGGER renewal_in_force_${holder}_changed AFTER UPDATE OF state ON credentials
    WHEN ${isOne('NEW')} BEGIN ${forHolderOf('NEW', holder)} END;
    CREATE TRIGGER renewal_in_force_${holder}_removed AFTER DELETE ON credentials
    WHEN ${isOne('OLD')} BEGIN
      DELETE FROM renewal_in_force WHERE id = OLD.id; ${forHolderOf('OLD', holder)} END;`
}

/**
 * Keeps a table of what is in force: to find that out for a ledger of 100,000 rows took half a second each
 * time that anything was shown or counted. What the ledger changes of a row once it stands is its state.
 */
export const IN_FORCE_SQL = `
  CREATE TABLE renewal_in_force (
    id TEXT PRIMARY KEY,
    tenant TEXT,
    expires_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX renewal_in_force_by_expiry ON renewal_in_force (expires_at, id, due_at, tenant);
  DROP INDEX credentials_in_force;

  INSERT INTO renewal_in_force ${OF_DEVICES};
  INSERT INTO renewal_in_force ${OF_KEYS};
  ${triggersFor('device')}
  ${triggersFor('key')}
`
