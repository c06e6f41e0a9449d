import { among, count, event, eventTable, instant, maybe, text, texts } from '../core/index.js';
import { idsOf, jobId, jobIdsOf, jobOutcomeEvents, jobs, quotedIds } from './job-outcome-events.js';

const SECOND_MS = 1_000;

/** The state of the inbox and of its worker, and what operators and the application do. */
const otherEvents = eventTable({
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
      `Job ${jobId} removed Meveto's protection: the Meveto ID of user ${quotedIds(userIds)} is cleared. Logouts at Meveto do not ` +
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

export const inboxEvents = { ...jobOutcomeEvents, ...otherEvents };
