import type { ClaimedJob } from '../inbox-jobs.js';
import { UNLINK, type ApplyOutcome, withOthers } from '../job.js';
import type { Logout } from '../logout.js';
import type { FoundUser } from './found-user.js';
import {
  clockOf,
  type Dialect,
  inList,
  numberOf,
  rowsOf,
  run,
  type Script,
  type SqlResult,
  unindexed,
  updateRows,
} from './sql.js';
import type { Tables } from './tables.js';
import type { UserBatches, UserLogout } from './user-batches.js';
import type { UserRows } from './user-rows.js';

/** States of a job that an answer with a person may still finish. */
const ACCEPTABLE = ['pending', 'ambiguous', 'expired'];

/** The shortest time between two updates of one row. All webhooks of Meveto come from few addresses; this avoids lock conflicts. */
const CONFIRM_AGAIN_MS = 3_600_000;

type Row = SqlResult['rows'][number];

/** The parts of the store that these scripts need. */
export interface AnswerStore {
  readonly dialect: Dialect;
  readonly tables: Tables;
  readonly rows: UserRows;
  readonly batches: UserBatches;
}

/** Whom Meveto named for the token of a job. */
export interface Subject {
  readonly mevetoId: string;
  /** The digest by the current key, then those by earlier keys. */
  readonly digests: readonly [string, ...string[]];
}

/** An answer of Meveto: whom it named for the token of a job. */
export interface Answer {
  readonly job: ClaimedJob;
  readonly subject: Subject;
}

/** An answer that logs out exactly one user. */
interface Plain extends Answer {
  readonly user: FoundUser;
}

/**
 * Logs out the users of many answers in one transaction, with the same statements for all of them. Waits for no user that another
 * transaction has locked. Leaves out each answer that is not plain: whose job is finished, whose user is locked or missing, which has
 * several users, or whose protection was removed.
 * @returns the outcomes, by the ids of their jobs
 */
export function* applyLogouts(
  store: AnswerStore,
  answers: readonly Answer[],
  committing: (logout: Logout) => void,
): Script<ReadonlyMap<string, ApplyOutcome>> {
  const accepted = yield* acceptAnswers(store, answers);
  const linked = yield* withoutRemoval(store.tables, accepted);
  const { users, now } = yield* store.batches.soleUsers(linked.map(({ subject }) => subject.mevetoId));
  const plain = linked.flatMap((answer): readonly Plain[] => {
    const user = users.get(answer.subject.mevetoId);
    return user === undefined ? [] : [{ ...answer, user }];
  });
  if (plain.length === 0) return new Map();
  const logouts = yield* store.batches.logOutEach(latestOf(plain), now);
  yield* finishJobs(store, plain, now);
  const outcomes = new Map<string, ApplyOutcome>();
  for (const { job, user } of plain) {
    const [logout, ...others] = logouts.get(user.userId) ?? [];
    if (logout === undefined) continue;
    outcomes.set(job.id, { kind: 'applied', logout, ...withOthers(others) });
  }
  for (const logout of [...logouts.values()].flat()) committing(logout);
  return outcomes;
}

/** Locks the rows of the jobs that these answers may still finish, and marks their senders as known. */
export function* acceptAnswers(
  { dialect, tables: { jobs, senders } }: AnswerStore,
  answers: readonly Answer[],
): Script<readonly Answer[]> {
  const { sql, params } = inList(answers.map(({ job }) => job.id));
  const rows = yield* rowsOf(
    `SELECT id, digest, fence, state, sender, ${dialect.nowMs} AS now_ms,
      (SELECT confirmed_at FROM ${senders} known WHERE known.sender = job.sender) AS confirmed_at
      FROM ${jobs} job WHERE id IN (${sql}) ORDER BY id ${dialect.forUpdate}`,
    params,
  );
  const rowOf = new Map(rows.map((row) => [String(row['id']), row]));
  const accepted: Answer[] = [];
  const toConfirm = new Set<string>();
  for (const answer of answers) {
    const row = rowOf.get(answer.job.id);
    if (row === undefined || !isAcceptable(row, answer.job)) continue;
    // A second answer for the same job finds the job finished.
    rowOf.delete(answer.job.id);
    accepted.push(answer);
    if (typeof row['sender'] === 'string' && !isConfirmedIn(row)) toConfirm.add(row['sender']);
  }
  for (const sender of [...toConfirm].sort()) yield* confirm(dialect, senders, sender);
  return accepted;
}

/**
 * Whether this answer may still finish the job of the row. The row belongs to the token of the answer if the digest or the fence is
 * equal: another key may have changed the digest since, and a new token changes the fence.
 */
const isAcceptable = (row: Row, job: ClaimedJob): boolean =>
  (row['digest'] === job.digest || numberOf(row['fence']) === job.fence) &&
  ACCEPTABLE.includes(String(row['state']));

const isConfirmedIn = (row: Row): boolean =>
  row['confirmed_at'] !== null && isConfirmed(numberOf(row['confirmed_at']), numberOf(row['now_ms']));

/** Whether a sender that was confirmed then need not be marked as known again yet. */
const isConfirmed = (confirmedAt: number, now: number): boolean => confirmedAt >= now - CONFIRM_AGAIN_MS;

/** Marks a sender as known: Meveto named the user of one of its jobs. */
function* confirm(dialect: Dialect, table: string, sender: string): Script<void> {
  const now = yield* clockOf(dialect);
  const [known] = yield* rowsOf(`SELECT confirmed_at FROM ${table} WHERE sender = ?`, [sender]);
  if (known === undefined) {
    yield* run(dialect.insertNew(table, ['sender', 'confirmed_at'], 1), [sender, now]);
  } else if (!isConfirmed(numberOf(known['confirmed_at']), now)) {
    yield* run(`UPDATE ${table} SET confirmed_at = ? WHERE sender = ?`, [now, sender]);
  }
}

/** The answers whose Meveto ID was never removed from a user. */
function* withoutRemoval({ jobs }: Tables, answers: readonly Answer[]): Script<readonly Answer[]> {
  if (answers.length === 0) return [];
  const { sql, params } = inList(answers.flatMap(({ subject }) => subject.digests));
  const rows = yield* rowsOf(
    `SELECT subject_digest FROM ${jobs} WHERE subject_digest IN (${sql}) AND kind = '${UNLINK}' AND ${unindexed('state')} = 'applied'`,
    params,
  );
  if (rows.length === 0) return answers;
  const removed = new Set(rows.map((row) => String(row['subject_digest'])));
  return answers.filter(({ subject }) => !subject.digests.some((digest) => removed.has(digest)));
}

/** Each user once, with the latest of the logouts. */
function latestOf(plain: readonly Plain[]): readonly UserLogout[] {
  const latest = new Map<string, UserLogout>();
  for (const { user, job } of plain) {
    const known = latest.get(user.userId);
    if (known === undefined || known.occurredAt < job.occurredAt)
      latest.set(user.userId, { user, occurredAt: job.occurredAt });
  }
  return [...latest.values()];
}

function finishJobs(
  { dialect, tables: { jobs } }: AnswerStore,
  plain: readonly Plain[],
  now: number,
): Script<void> {
  return updateRows(dialect, {
    path: jobs,
    shared: {
      sql: `state = 'applied', other_user_ids = NULL, finished_at = ?, sealed = NULL, reason = NULL`,
      params: [now],
    },
    columns: [
      { name: 'subject_digest', parameter: '?' },
      { name: 'user_id', parameter: '?' },
    ],
    key: { name: 'id', parameter: '?' },
    rows: plain.map(({ job, subject, user }) => ({ key: job.id, values: [subject.digests[0], user.userId] })),
  });
}
