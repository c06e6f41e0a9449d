import { afterFailure } from '../after-failure.js';
import type { ClaimedJob, LeasedJobs, IncomingJob, ListedJob, Release } from '../inbox-jobs.js';
import { digestsOf } from '../listed-again.js';
import type { Room } from '../job.js';
import { CLAIM_COLUMNS, hasKnownKind, takeRows } from './job-rows.js';
import { receive } from './receive-jobs.js';
import { receiveListed } from './receive-listed.js';
import { clockOf, type Dialect, placeholders, numberOf, run, rowsOf, type Script, unindexed } from './sql.js';

/** Stores and claims jobs whose tokens are in the caller's memory. */
export function* receiveLeased(
  dialect: Dialect,
  table: string,
  jobs: readonly IncomingJob[],
  leaseMs: number,
  room?: Room,
): Script<LeasedJobs> {
  if (jobs.length === 0) return { leased: [], elsewhere: [], refused: [] };
  const digests = jobs.flatMap(digestsOf);
  const { refused } = yield* receive(dialect, table, jobs, room);
  const leased = yield* claimUnleased(dialect, table, digests, leaseMs);
  const own = new Set(leased.map(({ digest }) => digest));
  const rows = yield* rowsOf(
    `SELECT digest FROM ${table} WHERE digest IN (${placeholders(digests.length)}) AND ${unindexed('state')} = 'pending' AND sealed IS NULL`,
    digests,
  );
  const elsewhere = rows.map((row) => String(row['digest'])).filter((digest) => !own.has(digest));
  return { leased, elsewhere, refused };
}

export function* receiveListedLeased(
  dialect: Dialect,
  table: string,
  jobs: readonly ListedJob[],
  leaseMs: number,
): Script<readonly ClaimedJob[]> {
  const digests = jobs.flatMap(digestsOf);
  yield* receiveListed(dialect, table, jobs);
  return yield* claimUnleased(dialect, table, digests, leaseMs);
}

function* claimUnleased(
  dialect: Dialect,
  table: string,
  digests: readonly string[],
  leaseMs: number,
): Script<ClaimedJob[]> {
  const now = yield* clockOf(dialect);
  const rows = yield* rowsOf(
    `SELECT ${CLAIM_COLUMNS} FROM ${table} WHERE digest IN (${placeholders(digests.length)}) AND ${unindexed('state')} = 'pending'
      AND sealed IS NULL AND due_at <= ? AND ${hasKnownKind(dialect)} ${dialect.forUpdateSkipLocked}`,
    [...digests, now],
  );
  return yield* takeRows(table, dialect.times, rows, now, leaseMs);
}

/** Renews the claims whose fence is still current. Skips rows that another transaction has locked. */
export function* renew(
  dialect: Dialect,
  table: string,
  jobs: readonly ClaimedJob[],
  leaseMs: number,
): Script<string[]> {
  const fences = new Map(jobs.map(({ id, fence }) => [id, fence]));
  const rows = yield* rowsOf(
    `SELECT id, fence FROM ${table} WHERE id IN (${placeholders(fences.size)}) AND ${unindexed('state')} = 'pending' ${dialect.forUpdateSkipLocked}`,
    [...fences.keys()],
  );
  const kept = rows
    .filter((row) => fences.get(String(row['id'])) === numberOf(row['fence']))
    .map((row) => String(row['id']));
  if (kept.length === 0) return [];
  const now = yield* clockOf(dialect);
  yield* run(`UPDATE ${table} SET due_at = ? WHERE id IN (${placeholders(kept.length)})`, [
    now + leaseMs,
    ...kept,
  ]);
  return kept;
}

/** Begins the next attempt without releasing the job. The fence stays the same. */
export function* beginAgain(
  dialect: Dialect,
  table: string,
  job: ClaimedJob,
  failure: Release,
  leaseMs: number,
): Script<ClaimedJob | undefined> {
  const now = yield* clockOf(dialect);
  const { affected } = yield* run(
    `UPDATE ${table} SET due_at = ?, attempts = attempts + 1,
      unknown_attempts = unknown_attempts + ${failure.maybeSent ? '1' : '0'}, client_errors = client_errors + ${failure.isClientError === true ? '1' : '0'}
      WHERE id = ? AND fence = ? AND state = 'pending'`,
    [now + leaseMs, job.id, job.fence],
  );
  if (affected === 0) return undefined;
  return afterFailure(job, failure);
}
