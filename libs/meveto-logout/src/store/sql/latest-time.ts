import { METADATA_USER_ID, stepBackIn } from './logout-rows.js';
import { type Dialect, numberOf, rowsOf, type Script } from './sql.js';
import type { Tables } from './tables.js';

/**
 * Reads the latest time in the module's own tables, so that the times of this process continue from there. Ends of leases and
 * delays do not count, because they lie in the future by design. The application's rows do not count either.
 */
export function* learnLatestTime(
  { times }: Dialect,
  { jobs, logoutRows, senders }: Pick<Tables, 'jobs' | 'logoutRows' | 'senders'>,
): Script<void> {
  const [latest = {}] = yield* rowsOf(
    `SELECT MAX(received_at) AS received_at, MAX(occurred_at) AS occurred_at, MAX(finished_at) AS finished_at,
      MAX(listed_at) AS listed_at, (SELECT MAX(confirmed_at) FROM ${senders}) AS confirmed_at,
      (SELECT MAX(logged_out_at) FROM ${logoutRows}) AS logged_out_at, (SELECT MAX(committed_at) FROM ${logoutRows}) AS committed_at,
      (SELECT committed_at FROM ${logoutRows} WHERE user_id = '${METADATA_USER_ID}') AS step_back_until,
      (SELECT reason FROM ${logoutRows} WHERE user_id = '${METADATA_USER_ID}') AS step_back_ms
      FROM ${jobs}`,
  );
  const { step_back_until: stepBackUntil, step_back_ms: stepBackMs, ...instants } = latest;
  times.continueFrom(Math.max(...Object.values(instants).map(numberOf), 0));
  times.learnStepBack(stepBackIn(stepBackUntil, stepBackMs));
}
