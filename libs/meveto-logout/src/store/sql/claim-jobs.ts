import type { ClaimedJob } from '../inbox-jobs.js';
import { rankOf } from '../job.js';
import { CLAIM_COLUMNS, hasKnownKind, takeRows } from './job-rows.js';
import {
  clockOf,
  type Dialect,
  rowsOf,
  type Script,
  selected,
  type SqlResult,
  type Selection,
} from './sql.js';

/** Which due jobs are claimed. */
export interface Claim {
  readonly limit: number;
  readonly unknownSenderLimit: number;
  readonly leaseMs: number;
  /** Ids of jobs that are not claimed. */
  readonly inFlight: readonly string[];
}

const UNKNOWN = String(rankOf('unknown'));

/** Leases due jobs. Rows that another transaction has locked are skipped, so that claims never wait for each other. */
export function* claim(
  dialect: Dialect,
  table: string,
  claimed: Claim,
  selection: Selection,
): Script<ClaimedJob[]> {
  const now = yield* clockOf(dialect);
  const rows = yield* due(dialect, table, now, claimed, selection, dialect.forUpdateSkipLocked);
  return yield* takeRows(table, dialect.times, rows, now, claimed.leaseMs);
}

/** The ids of the jobs that {@link claim} would lease. */
export function* dueIds(
  dialect: Dialect,
  table: string,
  claimed: Claim,
  selection: Selection,
): Script<string[]> {
  const rows = yield* due(dialect, table, yield* clockOf(dialect), claimed, selection, '');
  return rows.map((row) => String(row['id']));
}

/** Jobs in flight have leases, so a search seldom finds them. Only then their ids are named, because a long list costs time. */
function* due(
  dialect: Dialect,
  table: string,
  now: number,
  claimed: Claim,
  { only, except }: Selection,
  lock: string,
): Script<SqlResult['rows']> {
  const inFlight = new Set(claimed.inFlight);
  const rows = yield* dueExcept(dialect, table, now, claimed, { only, except }, lock);
  if (!rows.some((row) => inFlight.has(String(row['id'])))) return rows;
  return yield* dueExcept(dialect, table, now, claimed, { only, except: [...inFlight, ...except] }, lock);
}

function* dueExcept(
  dialect: Dialect,
  table: string,
  now: number,
  { limit, unknownSenderLimit }: Claim,
  selection: Selection,
  lock: string,
): Script<SqlResult['rows']> {
  const { sql, params } = selected('id', selection);
  const dueIn = (priorities: string, count: number): Script<SqlResult['rows']> =>
    rowsOf(
      `SELECT ${CLAIM_COLUMNS} FROM ${table} WHERE state = 'pending' AND ${priorities} AND due_at <= ? AND ${hasKnownKind(dialect)} ${sql}
        ORDER BY priority, due_at LIMIT ${String(count)} ${lock}`,
      [now, ...params],
    );
  const rows = yield* dueIn(`priority < ${UNKNOWN}`, limit);
  const left = Math.min(limit - rows.length, unknownSenderLimit);
  return left > 0 ? [...rows, ...(yield* dueIn(`priority = ${UNKNOWN}`, left))] : rows;
}
