import type { DatabaseKind } from './database-kind.js';
import type { SqlEngine } from './sql.js';
import { tableFacts } from './table-facts.js';

/** Whether a collation of MySQL or MariaDB is case-sensitive. */
export const isExact = (collation: string): boolean => /_bin$|^binary$|_cs$/.test(collation);

/**
 * Warnings about the module's tables if the database treats different user ids as equal. Tables of the migration are correct.
 * @param nameParts the unquoted name of the table of logouts, after that of its schema if given
 */
export async function looseCollationWarnings(
  kind: DatabaseKind,
  engine: SqlEngine,
  nameParts: readonly string[],
): Promise<readonly string[]> {
  const script = () => tableFacts(kind, nameParts);
  const facts = await engine.read('read a table definition', script, true);
  const collation = facts.column('user_id')?.collation;
  if (collation === undefined || isExact(collation)) return [];
  return [
    `The column user_id of ${nameParts.join('.')} has the collation ${collation}, which treats 'alice' and 'Alice' as one user: a logout of ` +
      'one counts for the other. The tables were created by `synchronize`. Create them by the module’s migrations, or run ' +
      'ALTER TABLE … CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin on each. See docs/tables.md.',
  ];
}
