import type { AccessTokenTable } from './host-tables.js';
import { lastMomentBeforeSetBack } from './repeated-hour.js';
import type { FoundUser } from './found-user.js';
import { type Dialect, run, type Script } from './sql.js';

/**
 * Revokes a user's access tokens issued at or before `until`; deletes them if there is no column for the revocation. Includes
 * tokens without a time of issue, and tokens for which an ambiguous local time does not show whether they were issued before.
 */
export function* revokeAccessTokens(
  dialect: Dialect,
  table: AccessTokenTable,
  user: Pick<FoundUser, 'userId' | 'rowId'>,
  until: number,
  now: number,
): Script<void> {
  const { path, userId, issuedAt, revokedAt } = table;
  const bounds = [until, lastMomentBeforeSetBack(until)].filter((bound) => bound !== undefined);
  // A column may keep microseconds: include the whole millisecond of the logout.
  const isIssued = [...bounds.map(() => issuedAt.compared('<=')), issuedAt.compared('<')];
  const wanted = userId.ownedBy(user);
  const owners = userId.isLoose ? [wanted, wanted] : [wanted];
  const isOwner = [
    `${userId.name} = ${userId.parameter}`,
    ...(userId.isLoose ? [dialect.isExactly(userId.name)] : []),
  ];
  const where = `${isOwner.join(' AND ')} AND (${isIssued.join(' OR ')} OR ${issuedAt.isUnknown})`;
  const params = [...owners, ...[...bounds, until + 1].map((bound) => issuedAt.toDatabase(bound))];
  if (revokedAt === undefined) {
    yield* run(`DELETE FROM ${path} WHERE ${where}`, params);
  } else {
    const { name, parameter } = revokedAt;
    yield* run(`UPDATE ${path} SET ${name} = ${parameter} WHERE ${where} AND ${name} IS NULL`, [
      revokedAt.toDatabase(now),
      ...params,
    ]);
  }
}
