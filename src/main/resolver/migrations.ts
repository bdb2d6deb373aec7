import type { Migration } from '../storage/database.ts'

/** History of the accounts. After AUTHORITY_MIGRATIONS, whose table it follows. */
export const RESOLVER_MIGRATIONS: readonly Migration[] = [
  {
    name: 'resolver-1-account-history',
    sql: `
      -- Every version of an account that the servers confirmed, the newest last. Written by the two triggers,
      -- so that no way of recording one can leave it out. Public, but for main only.
      CREATE TABLE account_history (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        bytes INTEGER NOT NULL,
        account TEXT NOT NULL,
        at INTEGER NOT NULL,
        jwt TEXT NOT NULL
      ) STRICT;
      CREATE INDEX account_history_by_account ON account_history (account, id);

      INSERT INTO account_history (account, at, bytes, jwt)
        SELECT public_key, changed_at, length(jwt), jwt FROM authority_accounts WHERE jwt IS NOT NULL;

      CREATE TRIGGER account_history_new AFTER INSERT ON authority_accounts
      WHEN NEW.jwt IS NOT NULL
      BEGIN
        INSERT INTO account_history (account, at, bytes, jwt)
          VALUES (NEW.public_key, NEW.changed_at, length(NEW.jwt), NEW.jwt);
      END;

      -- At most 200 versions and 16 MiB of an account: one with 8,000 revocations is three quarters of a MiB.
      CREATE TRIGGER account_history_change AFTER UPDATE OF jwt ON authority_accounts
      WHEN NEW.jwt IS NOT NULL AND NEW.jwt IS NOT OLD.jwt
      BEGIN
        INSERT INTO account_history (account, at, bytes, jwt)
          VALUES (NEW.public_key, NEW.changed_at, length(NEW.jwt), NEW.jwt);
        DELETE FROM account_history WHERE id IN (
          SELECT id FROM (
            SELECT id,
              row_number() OVER (ORDER BY id DESC) AS place,
              sum(bytes) OVER (ORDER BY id DESC) AS total
            FROM account_history WHERE account = NEW.public_key
          ) WHERE place > 1 AND (place > 200 OR total > 16777216)
        );
      END;
    `,
  },
]
