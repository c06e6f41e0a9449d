import {
  among,
  count,
  duration,
  event,
  eventTable,
  type FieldsOf,
  instant,
  listOf,
  maybe,
  text,
  texts,
} from '../core/index.js';
import { type JobKind, LOGOUT, MAX_USERS, TOKEN_LOST, UNLINK } from '../store/index.js';

const MAX_IDS = 20;
const SECOND_MS = 1_000;

export const jobId = text('id of the job');

/** When the steps of a job took place. */
const jobTimes = {
  acknowledgedAfterMs: maybe(
    duration(
      'time from the storage of the job until Meveto got its 202, if this process sent it before the exchange',
    ),
  ),
  startedAfterMs: maybe(duration('time from the storage of the job until its last attempt began')),
  answeredAfterMs: maybe(duration('time from the storage of the job until Meveto answered')),
  sinceReceiptMs: duration('time from the storage of the job until this event, which follows the commit'),
};

export type JobTimes = FieldsOf<typeof jobTimes>;

/** Some ids of a list, for a line. */
export const idsOf = (ids: readonly string[]): string =>
  ids.slice(0, MAX_IDS).join(', ') + (ids.length > MAX_IDS ? ', …' : '');
export const jobIdsOf = (samples: readonly { readonly jobId: string }[]): string =>
  idsOf(samples.map((sample) => sample.jobId));
export const quotedIds = (userIds: readonly string[]): string =>
  idsOf(userIds.map((id) => JSON.stringify(id)));
const usersOf = (userIds: readonly string[]): string =>
  `${userIds.length === 1 ? 'User' : 'Users'} ${quotedIds(userIds)} ${userIds.length === 1 ? 'was' : 'were'}`;
export const jobs = (rest: number): string => `${String(rest)} ${rest === 1 ? 'job' : 'jobs'}`;
const lostTokenOr = (reason: string): string =>
  reason === TOKEN_LOST
    ? 'its token was in the memory of a process that no longer runs'
    : 'an attempt whose answer was lost used up its token';

/** How jobs end. */
export const jobOutcomeEvents = eventTable({
  MEVETO_JOB_APPLIED: event({
    level: 'log',
    fields: {
      jobId,
      kind: among<JobKind>(LOGOUT, UNLINK)('what Meveto asked for'),
      userIds: texts('the users that Meveto named'),
      occurredAt: instant('when the logout happened: sessions that began until then are over'),
      ...jobTimes,
    },
    when: 'A job was carried out and committed. At most 20 lines a second, and one with the number of others.',
    text: ({ kind, userIds, sinceReceiptMs }) =>
      kind === LOGOUT
        ? `${usersOf(userIds)} logged out, ${sinceReceiptMs.toFixed()} ms after the webhook was received.`
        : undefined,
    counter: 'job_applied',
    bound: {
      lines: 20,
      perMs: SECOND_MS,
      rest: (rest) => `${String(rest)} more logouts were applied within a second.`,
    },
  }),
  MEVETO_JOB_REJECTED: event({
    level: 'log',
    fields: { jobId, reason: text('why, such as `invalid-token`'), ...jobTimes },
    when: 'Meveto called the token of a job invalid. One line in ten seconds, with the number of jobs.',
    action: 'None. Many of them may be forged webhooks: see docs/protocol.md.',
    text: 'Summed up.',
    counter: 'job_rejected',
    bound: {
      lines: 0,
      perMs: 10 * SECOND_MS,
      rest: (rest) => `${jobs(rest)} rejected in the last ten seconds: Meveto called their tokens invalid.`,
    },
  }),
  MEVETO_JOB_UNKNOWN_USER: event({
    level: 'log',
    fields: { jobId, ...jobTimes },
    when: 'No user has the Meveto ID of a job. One line in ten seconds, with the number of jobs.',
    action: 'None, unless the account should be connected: see docs/modes.md.',
    text: 'Summed up.',
    counter: 'job_unknown_user',
    bound: {
      lines: 0,
      perMs: 10 * SECOND_MS,
      rest: (rest, samples) =>
        `${jobs(rest)} ended in the last ten seconds without a user: nobody has their Meveto IDs. Jobs: ${jobIdsOf(samples)}.`,
    },
  }),
  MEVETO_JOB_AMBIGUOUS: event({
    level: 'warn',
    fields: { jobId, reason: text('why: `token-lost` or `invalid-after-unknown-attempt`'), ...jobTimes },
    when: 'The token of a job may be used up, although its person is not known. The list of pending webhooks is polled at once.',
    action: 'Wait for the poll. `MEVETO_JOB_UNRESOLVED` names the jobs that need you.',
    text: ({ jobId, reason }) =>
      `Job ${jobId} is ambiguous: ${lostTokenOr(reason)}. Polling Meveto’s list of pending webhooks.`,
    counter: 'job_ambiguous',
    bound: {
      lines: 20,
      perMs: 10 * SECOND_MS,
      rest: (rest, samples) =>
        `${jobs(rest)} more became ambiguous in the last ten seconds: ${jobIdsOf(samples)}.`,
    },
  }),
  MEVETO_JOB_OF_TOO_MANY_USERS: event({
    level: 'error',
    fields: { jobId, ...jobTimes },
    when: 'More users have one Meveto ID than a job may log out. The job is ambiguous.',
    action:
      'Clear the Meveto ID of users with a wrong one, make the column unique, and call `resolveJob`. See docs/tables.md.',
    text: ({ jobId }) =>
      `Job ${jobId} is ambiguous: more than ${String(MAX_USERS)} users have its Meveto ID, and none of their rows was changed. ` +
      'Clear the Meveto ID of users with a wrong one, make the column unique, and resolve the job. See docs/tables.md.',
    counter: 'job_ambiguous',
    bound: {
      lines: 20,
      perMs: 10 * SECOND_MS,
      rest: (rest, samples) =>
        `${jobs(rest)} more have the Meveto ID of too many users: ${jobIdsOf(samples)}.`,
    },
  }),
  MEVETO_JOB_EXPIRED: event({
    level: 'log',
    fields: {
      count: count('how many jobs'),
      jobIds: texts('their ids'),
      reason: maybe(text('why, if this process had the job in flight')),
      times: listOf(jobTimes)('the times of each job, in the order of `jobIds`, as in `MEVETO_JOB_APPLIED`'),
    },
    when:
      'Jobs expired: Meveto did not answer within `inbox.jobTtlMs`. Those that waited expire in batches of up to 200, with one event ' +
      'for each batch. One line in ten seconds.',
    action: 'Meveto’s list of pending webhooks opens them again if it names them. See docs/modes.md.',
    text: 'Summed up.',
    counter: 'job_expired',
    bound: {
      lines: 0,
      perMs: 10 * SECOND_MS,
      rest: (rest, samples) =>
        `${jobs(rest)} expired in the last ten seconds: ${idsOf(samples.flatMap(({ jobIds }) => jobIds))}. See docs/modes.md.`,
    },
  }),
  MEVETO_JOB_EXPIRED_OUTCOME_UNKNOWN: event({
    level: 'error',
    fields: { count: count('how many jobs'), jobIds: texts('their ids') },
    when: 'Jobs expired after attempts with an unknown outcome. Each of them is also in `MEVETO_JOB_EXPIRED`.',
    action: 'Find out who the people are, and call `resolveJob`. See docs/modes.md.',
    text: ({ count, jobIds }) =>
      `${jobs(count)} expired after attempts with an unknown outcome: Meveto may have used up their tokens, and the people may still ` +
      `be signed in. See listJobs({ state: 'expired' }) and docs/modes.md. Jobs: ${idsOf(jobIds)}.`,
    counter: 'job_expired_outcome_unknown',
    bound: {
      lines: 10,
      perMs: 10 * SECOND_MS,
      rest: (rest, samples) =>
        `${jobs(rest)} more expired after attempts with an unknown outcome: ${idsOf(samples.flatMap(({ jobIds }) => jobIds))}.`,
    },
  }),
  MEVETO_JOB_EXPIRED_UNREAD: event({
    level: 'error',
    fields: { jobId },
    when: 'A job expired because no key opened its token. It is also in `MEVETO_JOB_EXPIRED`.',
    action: 'Give the earlier key as `keys.previous` or `previousClientSecrets`. See docs/modes.md.',
    text: ({ jobId }) =>
      `Job ${jobId} expired unread: no key opened its token within inbox.jobTtlMs. See docs/modes.md.`,
    bound: {
      lines: 10,
      perMs: 10 * SECOND_MS,
      rest: (rest, samples) => `${jobs(rest)} more expired unread: ${jobIdsOf(samples)}.`,
    },
  }),
});
