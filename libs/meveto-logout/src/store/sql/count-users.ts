import type { UserTable } from './host-tables.js';
import { lookUp, type Script, type SqlEngine, UnrepresentableValueError } from './sql.js';

/**
 * The number of these ids that belong to users, deleted users included. On PostgreSQL an id that the column cannot hold fails the
 * whole query: then each half of the list is queried separately.
 */
export async function countUsers(
  engine: SqlEngine,
  users: UserTable,
  userIds: readonly string[],
): Promise<number> {
  if (userIds.length === 0) return 0;
  try {
    return await engine.read('count users', () => count(users, userIds));
  } catch (error) {
    if (!(error instanceof UnrepresentableValueError)) throw error;
    if (userIds.length === 1) return 0;
    const half = Math.ceil(userIds.length / 2);
    const first = await countUsers(engine, users, userIds.slice(0, half));
    return first + (await countUsers(engine, users, userIds.slice(half)));
  }
}

/** Compares the found ids again, because databases compare less strictly than the guard. */
function* count({ id, path }: UserTable, userIds: readonly string[]): Script<number> {
  const rows = yield* lookUp(
    `SELECT ${id.selected} AS row_id FROM ${path} WHERE ${id.name} IN (${userIds.map(() => id.parameter).join(', ')})`,
    userIds.map((userId) => id.toDatabase(userId)),
  );
  const found = new Set(rows.flatMap((row) => id.formsOf(row['row_id'])));
  return userIds.filter((userId) => found.has(userId)).length;
}
