import { among, count, duration, event, eventTable, instant, maybe, text, texts } from '../core/index.js';
import { type JobKind, LOGOUT, MAX_USERS, TOKEN_LOST, UNLINK } from '../store/index.js';

const MAX_IDS = 20;
const SECOND_MS = 1_000;

const jobId = text('id of the job');

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

/** Some ids of a list, for a line. */
const idsOf = (ids: readonly string[]): string =>
  ids.slice(0, MAX_IDS).join(', ') + (ids.length > MAX_IDS ? ', …' : '');
const jobIdsOf = (samples: readonly { readonly jobId: string }[]): string =>
  idsOf(samples.map((sample) => sample.jobId));
const quoted = (userIds: readonly string[]): string => idsOf(userIds.map((id) => JSON.stringify(id)));
const usersOf = (userIds: readonly string[]): string =>
  `${userIds.length === 1 ? 'User' : 'Users'} ${quoted(userIds)} ${userIds.length === 1 ? 'was' : 'were'}`;
const jobs = (rest: number): string => `${String(rest)} ${rest === 1 ? 'job' : 'jobs'}`;
const lostTokenOr = (reason: string): string =>
  reason === TOKEN_LOST
    ? 'its token was in the memory of a process that no longer runs'
    : 'an attempt whose answer was lost used up its token';

export const inboxEvents = eventTable({
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
      sinceReceiptMs: maybe(duration('time from the receipt, if this process had the job in flight')),
    },
    when: 'Jobs expired: Meveto did not answer within `inbox.jobTtlMs`. One line in ten seconds.',
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
  MEVETO_JOB_CLAIM_LOST: event({
    level: 'none',
    fields: { jobId },
    when: 'Another process or an operator finished a job first.',
    counter: 'job_claim_lost',
  }),
  MEVETO_JOB_RESOLVED: event({
    level: 'log',
    fields: { jobId, userId: text('the user that the operator named') },
    when: 'An operator resolved a job for a user.',
    text: ({ jobId, userId }) => `An operator resolved job ${jobId} for user ${JSON.stringify(userId)}.`,
    counter: 'job_resolved',
  }),
  MEVETO_JOB_DISCARDED: event({
    level: 'log',
    fields: { jobId },
    when: 'An operator discarded a job.',
    text: ({ jobId }) => `An operator discarded job ${jobId}.`,
    counter: 'job_discarded',
  }),
  MEVETO_TOKEN_EXCHANGED: event({
    level: 'none',
    fields: {
      jobId,
      answer: among('person', 'invalid', 'none')('what Meveto answered; none: there will be another attempt'),
      reason: maybe(text('why there is no answer, such as `http-503`')),
    },
    when: 'An exchange is over and its outcome is committed.',
    counter: ({ answer }) => (answer === 'none' ? 'exchange_retry' : `exchange_${answer}`),
  }),
  MEVETO_PROTECTION_REMOVED: event({
    level: 'log',
    fields: { jobId, userIds: texts('the users whose Meveto ID was cleared') },
    when: 'A person stopped using Meveto with this application. Calls `onProtectionRemoved` for each user.',
    action: 'None. Whoever has a token of the person can do this: see docs/protocol.md.',
    text: ({ jobId, userIds }) =>
      `Job ${jobId} removed Meveto's protection: the Meveto ID of user ${quoted(userIds)} is cleared. Logouts at Meveto do not ` +
      'reach this user until the account is connected again.',
    counter: 'protection_removed',
    bound: {
      lines: 20,
      perMs: SECOND_MS,
      rest: (rest, samples) =>
        `${jobs(rest)} more removed Meveto's protection of users ${idsOf(samples.flatMap(({ userIds }) => userIds))}.`,
    },
  }),
  MEVETO_APPLICATION_LOGOUT: event({
    level: 'log',
    fields: {
      userId: text('the user'),
      reason: text('the reason given to `logOut`'),
      loggedOutAt: instant('sessions that began until then are over'),
    },
    when: 'The application called `logOut`, and the logout is committed. At most 20 lines a second.',
    text: ({ userId, reason }) =>
      `User ${JSON.stringify(userId)} was logged out by the application, for the reason '${reason}'.`,
    counter: 'application_logout',
    bound: {
      lines: 20,
      perMs: SECOND_MS,
      rest: (rest) => `${String(rest)} more users were logged out by the application within a second.`,
    },
  }),
  MEVETO_OUTAGE_BEGAN: event({
    level: 'warn',
    fields: {
      jobs: among('all', 'of-unknown-senders')('the jobs that wait'),
    },
    when: 'Meveto does not answer exchanges. For unknown senders at most once a minute.',
    action: 'Check the network and Meveto’s status page. Jobs go on by themselves.',
    text: ({ jobs }) =>
      jobs === 'all'
        ? 'Meveto does not answer: jobs wait, and one of them is tried at intervals.'
        : 'Meveto does not answer for jobs of unknown senders: these jobs wait, and one of them is tried at intervals.',
  }),
  MEVETO_OUTAGE_ENDED: event({
    level: 'log',
    when: 'Meveto answers exchanges again.',
    text: 'Meveto answers again.',
  }),
  MEVETO_ANSWER_NOT_STORED: event({
    level: 'error',
    fields: { jobId },
    when: 'The outcome of a job cannot be stored for a second. It is tried again every second.',
    action: 'Check the database, and constraints and triggers of the table of users.',
    text: ({ jobId }) =>
      `The outcome of job ${jobId} cannot be stored. Trying again every second. Is the database unavailable, or does it refuse the ` +
      'change of the user’s row?',
    bound: {
      lines: 10,
      perMs: 60 * SECOND_MS,
      rest: (rest, samples) =>
        `The outcomes of ${jobs(rest)} more could not be stored in the last minute: ${jobIdsOf(samples)}.`,
    },
  }),
  MEVETO_ANSWER_LOST: event({
    level: 'error',
    fields: { jobId, cause: among('stopped', 'time-to-live')('why it is not tried again') },
    when: 'An answer of Meveto could not be stored, and Meveto gives it only once.',
    action: 'The job ends as ambiguous or expired: see docs/modes.md.',
    text: ({ jobId, cause }) =>
      `Meveto’s answer for job ${jobId} could not be stored${cause === 'stopped' ? ' before this process stopped' : ''}, and ` +
      'Meveto gives it only once: the job will end as ambiguous or expired. Is the database unavailable? See docs/modes.md.',
    bound: {
      lines: 20,
      perMs: 10 * SECOND_MS,
      rest: (rest, samples) =>
        `Meveto’s answers for ${jobs(rest)} more could not be stored: ${jobIdsOf(samples)}.`,
    },
  }),
  MEVETO_INBOX_UNAVAILABLE: event({
    level: 'warn',
    when: 'The store did not answer a claim of jobs. One line for an outage.',
    action: 'Check the database.',
    text: 'Jobs cannot be processed: the store is not available. Trying again.',
    outage: 'inbox',
  }),
  MEVETO_INBOX_RECOVERED: event({
    level: 'log',
    when: 'Jobs can be claimed again.',
    text: 'Jobs can be processed again.',
    ends: 'inbox',
  }),
  MEVETO_HOUSEKEEPING_FAILED: event({
    level: 'warn',
    when: 'Old jobs could not be expired or deleted. One line for a series of failures.',
    action: 'Check the database, and the rights of its user.',
    text:
      'Old jobs could not be expired or deleted. Trying again every half minute. Is the database unavailable, or may its user ' +
      'not UPDATE or DELETE jobs?',
    outage: 'housekeeping',
  }),
  MEVETO_HOUSEKEEPING_RECOVERED: event({
    level: 'log',
    when: 'Old jobs can be expired and deleted again.',
    text: 'Old jobs can be expired and deleted again.',
    ends: 'housekeeping',
  }),
  MEVETO_CLIENT_ERRORS: event({
    level: 'warn',
    fields: { attempts: count('client errors of each job') },
    when: 'The first job of an unknown sender expired with the reason `client-error`. Once in a process.',
    action: 'Check whether a gateway in front of Meveto refuses tokens. See docs/modes.md.',
    text: ({ attempts }) =>
      `Jobs of unknown senders got a client error (HTTP 4xx) ${String(attempts)} times each while Meveto answered others, ` +
      'and expired with the reason client-error. They continue if Meveto sends or lists them again. See docs/modes.md.',
    once: true,
  }),
  MEVETO_KEY_MISSING: event({
    level: 'warn',
    when: 'No key opens the token of a job. Once in a process.',
    action: 'Give the earlier key as `keys.previous` or `previousClientSecrets`. See docs/modes.md.',
    text:
      'No key opens the token of a job: the job waits for a process that has the key, inbox.jobTtlMs at most. Was a key or the ' +
      'client secret changed? Give the earlier one as keys.previous or previousClientSecrets. See docs/modes.md.',
    once: true,
  }),
  MEVETO_UNKNOWN_KIND: event({
    level: 'warn',
    when: 'Jobs of a kind that this version does not know expired. Once in a process.',
    action: 'Run the newer version on every replica. See docs/modes.md.',
    text:
      'Stored jobs of a kind that this version does not know waited for inbox.jobTtlMs and expired with the reason unknown-kind. A ' +
      "newer version of nestjs-meveto-logout stored them: run it on every replica. See listJobs({ state: 'expired' }) and docs/modes.md.",
    once: true,
  }),
  MEVETO_SEVERAL_USERS: event({
    level: 'warn',
    when: 'A job logged out several users with the same Meveto ID. Once in a process.',
    action: 'Make the column unique. See docs/tables.md.',
    text:
      'Several users have the same Meveto ID. A job for this ID logs all of them out, or clears the ID for all of them. Make ' +
      'the column unique. See docs/tables.md.',
    once: true,
  }),
});
