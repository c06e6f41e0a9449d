import type { AccessTokenTable } from './host-tables.js';
import { lastMomentBeforeSetBack } from './repeated-hour.js';
import type { FoundUser } from './found-user.js';
import { type Dialect, run, type Script, type SqlValue } from './sql.js';

/** How many users one statement names: a database plans each of them. */
const MAX_USERS_PER_STATEMENT = 64;

export interface Revocation {
  readonly user: Pick<FoundUser, 'userId' | 'rowId'>;
  /** Epoch milliseconds. */
  readonly until: number;
}

/**
 * Revokes users' access tokens issued at or before `until`; deletes them if there is no column for the revocation. Includes
 * tokens without a time of issue, and tokens for which an ambiguous local time does not show whether they were issued before.
 */
export function* revokeAccessTokens(
  dialect: Dialect,
  table: AccessTokenTable,
  revocations: readonly Revocation[],
  now: number,
): Script<void> {
  const size = dialect.isInProcess ? 1 : MAX_USERS_PER_STATEMENT;
  for (let from = 0; from < revocations.length; from += size) {
    const conditions = revocations.slice(from, from + size).map((each) => tokensOf(dialect, table, each));
    const where = conditions.map(({ sql }) => `(${sql})`).join(' OR ');
    yield* revokeWhere(
      table,
      where,
      conditions.flatMap(({ params }) => params),
      now,
    );
  }
}

function* revokeWhere(
  { path, revokedAt }: AccessTokenTable,
  where: string,
  params: readonly SqlValue[],
  now: number,
): Script<void> {
  if (revokedAt === undefined) {
    yield* run(`DELETE FROM ${path} WHERE ${where}`, params);
  } else {
    const { name, parameter } = revokedAt;
    yield* run(`UPDATE ${path} SET ${name} = ${parameter} WHERE (${where}) AND ${name} IS NULL`, [
      revokedAt.toDatabase(now),
      ...params,
    ]);
  }
}

/** The condition for the tokens to revoke. */
function tokensOf(
  dialect: Dialect,
  { userId, issuedAt }: AccessTokenTable,
  { user, until }: Revocation,
): { sql: string; params: readonly SqlValue[] } {
  const bounds = [until, lastMomentBeforeSetBack(until)].filter((bound) => bound !== undefined);
  // A column may keep microseconds: include the whole millisecond of the logout.
  const isIssued = [...bounds.map(() => issuedAt.compared('<=')), issuedAt.compared('<')];
  const wanted = userId.ownedBy(user);
  const owners = userId.isLoose ? [wanted, wanted] : [wanted];
  const isOwner = [
    `${userId.name} = ${userId.parameter}`,
    ...(userId.isLoose ? [dialect.isExactly(userId.name)] : []),
  ];
  return {
    sql: `${isOwner.join(' AND ')} AND (${isIssued.join(' OR ')} OR ${issuedAt.isUnknown})`,
    params: [...owners, ...[...bounds, until + 1].map((bound) => issuedAt.toDatabase(bound))],
  };
}
