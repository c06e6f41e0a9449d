import { beforeEach, describe, expect, it } from '@jest/globals';
import { leveledLines } from '../spec-support/log-lines.js';
import { Counters } from './core/counters.js';
import { EventLog } from './core/event-log.js';
import { type MevetoEvents, openEvents } from './core/meveto-events.js';
import { inboxEvents } from './inbox/events.js';
import { liveEvents } from './live/events.js';
import { mevetoEvents } from './meveto/events.js';
import { type JobKind, LOGOUT } from './store/job.js';
import { storeEvents } from './store/events.js';

describe('the lines of events', () => {
  const lines = leveledLines();
  const times = {
    acknowledgedAfterMs: undefined,
    startedAfterMs: undefined,
    answeredAfterMs: undefined,
    sinceReceiptMs: 41.6,
  };
  let log: EventLog;
  let events: MevetoEvents;
  beforeEach(() => {
    log = new EventLog();
    events = openEvents(new Counters(), log);
  });

  it('say when jobs cannot be processed, once for an outage, and when they can be again', () => {
    events.emit(inboxEvents.MEVETO_INBOX_RECOVERED);
    events.emit(inboxEvents.MEVETO_INBOX_UNAVAILABLE);
    events.emit(inboxEvents.MEVETO_INBOX_UNAVAILABLE);
    events.emit(inboxEvents.MEVETO_INBOX_RECOVERED);
    expect(lines).toEqual([
      'warn: [MEVETO_INBOX_UNAVAILABLE] Jobs cannot be processed: the store is not available. Trying again.',
      'log: [MEVETO_INBOX_RECOVERED] Jobs can be processed again.',
    ]);
  });

  it('name the users of twenty applied logouts a second, and count the others', () => {
    for (let id = 1; id <= 23; id += 1) {
      const job = {
        jobId: `j-${String(id)}`,
        kind: LOGOUT as JobKind,
        userIds: [String(id)],
        occurredAt: 5,
        ...times,
      };
      events.emit(inboxEvents.MEVETO_JOB_APPLIED, job);
    }
    log.onApplicationShutdown();
    expect(lines).toHaveLength(21);
    expect(lines[0]).toBe(
      'log: [MEVETO_JOB_APPLIED] User "1" was logged out, 42 ms after the webhook was received.',
    );
    expect(lines[20]).toBe('log: [MEVETO_JOB_APPLIED] 3 more logouts were applied within a second.');
  });

  it('sum up rejected jobs and jobs without a user', () => {
    for (const jobId of ['j-1', 'j-2']) {
      events.emit(inboxEvents.MEVETO_JOB_REJECTED, { jobId, reason: 'invalid-token', ...times });
      events.emit(inboxEvents.MEVETO_JOB_UNKNOWN_USER, { jobId, ...times });
    }
    expect(lines).toEqual([]);
    log.onApplicationShutdown();
    expect(lines).toEqual([
      'log: [MEVETO_JOB_REJECTED] 2 jobs rejected in the last ten seconds: Meveto called their tokens invalid.',
      'log: [MEVETO_JOB_UNKNOWN_USER] 2 jobs ended in the last ten seconds without a user: nobody has their Meveto IDs. ' +
        'Jobs: j-1, j-2.',
    ]);
  });

  it('warn of a full inbox once a minute, and count the other webhooks', () => {
    for (let each = 1; each <= 3; each += 1) events.emit(mevetoEvents.MEVETO_INBOX_FULL);
    log.onApplicationShutdown();
    expect(lines).toEqual([
      'warn: [MEVETO_INBOX_FULL] Too many jobs are waiting. If the webhooks are forged, set webhook.secretPath and register the new ' +
        'URL with Meveto.',
      'warn: [MEVETO_INBOX_FULL] 2 more webhooks got a 503 in the last minute because too many jobs wait.',
    ]);
  });

  it('warn of listed webhooks that the database refuses, and count later ones', () => {
    events.emit(mevetoEvents.MEVETO_LISTED_NOT_STORED, { count: 3 });
    events.emit(mevetoEvents.MEVETO_LISTED_NOT_STORED, { count: 4 });
    log.onApplicationShutdown();
    expect(lines).toEqual([
      'warn: [MEVETO_LISTED_NOT_STORED] 3 listed webhooks could not be stored, because the database refuses their rows or keeps them ' +
        'locked. They are requested again with the next poll.',
      'warn: [MEVETO_LISTED_NOT_STORED] 4 more listed webhooks could not be stored in the last minute.',
    ]);
  });

  it('report rows that the database refuses to change, and skipped users, as errors', () => {
    events.emit(storeEvents.MEVETO_ROWS_REFUSED, { operation: 'expire jobs', count: 2, rowId: 'j-1' });
    events.emit(storeEvents.MEVETO_USER_SKIPPED, { table: 'users', column: 'id', userId: '7' });
    expect(lines).toEqual([
      'error: [MEVETO_ROWS_REFUSED] The database refuses to change 2 rows (expire jobs), such as j-1. They are left out for ten minutes. ' +
        'Does a constraint or a trigger of the application refuse them?',
      'error: [MEVETO_USER_SKIPPED] A user of users is skipped and not logged out: the text of the id 7 does not convert back to the ' +
        "id, and may be that of another user. Correct the transformer of 'id', or use ids whose texts are exact.",
    ]);
  });

  it('are bounded when Pusher refuses some requests and accepts others', () => {
    for (let each = 1; each <= 8; each += 1) {
      events.emit(liveEvents.MEVETO_PUSHER_UNAVAILABLE, { reason: 'status 429' });
      events.emit(liveEvents.MEVETO_PUSHER_RECOVERED);
    }
    log.onApplicationShutdown();
    expect(lines).toHaveLength(12);
    expect(lines.slice(10)).toEqual([
      'warn: [MEVETO_PUSHER_UNAVAILABLE] Pusher failed 3 more times after it had answered again, in the last minute.',
      'log: [MEVETO_PUSHER_RECOVERED] Pusher answered again 3 more times in the last minute.',
    ]);
  });

  it('say when the list of pending webhooks cannot be read, once for an outage, and when it can be again', () => {
    events.emit(mevetoEvents.MEVETO_RECONCILE_RECOVERED);
    events.emit(mevetoEvents.MEVETO_RECONCILE_FAILED, { reason: 'Meveto answered 500.' });
    events.emit(mevetoEvents.MEVETO_RECONCILE_FAILED, { reason: 'Meveto answered 502.' });
    events.emit(mevetoEvents.MEVETO_RECONCILE_RECOVERED);
    expect(lines).toEqual([
      'warn: [MEVETO_RECONCILE_FAILED] Meveto answered 500.',
      'log: [MEVETO_RECONCILE_RECOVERED] Meveto’s list of pending webhooks can be read again.',
    ]);
  });
});
