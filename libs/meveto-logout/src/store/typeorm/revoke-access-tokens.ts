import type { AccessTokenTable } from './host-tables.js';
import { run, type Script } from './sql.js';

/** Revokes a user's access tokens that were issued at or before `until`, or deletes them where no column says so. */
export function* revokeAccessTokens(
  table: AccessTokenTable,
  user: string,
  until: number,
  now: number,
): Script<void> {
  const { path, userId, issuedAt, revokedAt } = table;
  const where = `${userId.name} = ? AND ${issuedAt.name} <= ?`;
  const params = [userId.toDatabase(user), issuedAt.toDatabase(until)];
  if (revokedAt === undefined) {
    yield* run(`DELETE FROM ${path} WHERE ${where}`, params);
  } else {
    yield* run(`UPDATE ${path} SET ${revokedAt.name} = ? WHERE ${where} AND ${revokedAt.name} IS NULL`, [
      revokedAt.toDatabase(now),
      ...params,
    ]);
  }
}
