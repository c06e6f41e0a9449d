import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Database } from 'better-sqlite3';
import { connectedStore } from '../../spec-support/connected-store.js';
import { storeWithoutUniqueIds } from '../../spec-support/store-without-unique-ids.js';
import { workerParts } from '../../spec-support/worker-parts.js';
import { type ExchangeOutcome, TokenExchange } from './token-exchange.port.js';
import { type JobKind, LOGOUT, UNLINK } from '../store/job.js';
import { keysOf } from '../core/open-keys.js';
import type { Store } from '../store/store.port.js';
import type { ResolvedInbox } from './options.js';

class NamesOnePerson extends TokenExchange {
  override readonly deadlineMs = 5_000;
  override exchange(): Promise<ExchangeOutcome> {
    return Promise.resolve({ kind: 'person', mevetoId: 'm-1' });
  }
}

describe('a job for a Meveto ID of several users', () => {
  const [warn, error] = [jest.fn(), jest.fn()];
  const { cipher, digests } = keysOf('client', 'secret');
  let database: Database;
  let notified: string[];
  let store: Store;
  let parts: ReturnType<typeof workerParts>;

  beforeEach(async () => {
    Logger.overrideLogger({ log: jest.fn(), error, warn });
    notified = [];
    const { definition, ...opened } = storeWithoutUniqueIds();
    ({ database } = opened);
    store = await connectedStore(definition, (id) => digests.ofSubject(id));
    for (const log of [warn, error]) log.mockClear();
    addUsers('1', '2', '3');
    const options = {
      jobTtlMs: 60_000,
      leaseMs: 8_000,
    } as ResolvedInbox;
    parts = workerParts(store, new NamesOnePerson(), cipher, options);
    parts.emitter.listen((event) => {
      if (event.code === 'MEVETO_PROTECTION_REMOVED')
        notified.push(...(event as unknown as { userIds: readonly string[] }).userIds);
    });
  });
  afterEach(() => {
    Logger.overrideLogger(['error']);
  });

  const addUsers = (...ids: readonly string[]) => {
    const insert = database.prepare("INSERT INTO users (id, meveto_id) VALUES (?, 'm-1')");
    for (const id of ids) insert.run(id);
  };
  const removeUsers = () => database.exec('DELETE FROM users');
  const process = async (token: string, kind: JobKind = LOGOUT) => {
    const digest = digests.ofToken(token);
    const sealed = cipher.seal(token, digest);
    await store.inbox.receive([{ kind, digest, sealed, priority: 'unknown', sender: undefined }]);
    const [job] = await store.inbox.claim(1, 8_000);
    if (job === undefined) throw new Error('nothing was claimed');
    const lease = { job, endsAt: performance.now() + 8_000 };
    await parts.processor.process(job, lease, new AbortController().signal);
    return job;
  };

  it('reaches the guard and the announcements for each user, with one warning', async () => {
    const announced: unknown[] = [];
    parts.known.logouts$.subscribe((logout) => announced.push(logout));
    const { occurredAt } = await process('first');
    const logouts = ['1', '2', '3'].map((userId) => ({ userId, loggedOutAt: occurredAt, reason: 'meveto' }));
    expect(announced).toEqual(logouts.map((logout) => ({ ...logout, source: 'own-commit' })));
    for (const { userId } of logouts) expect(parts.known.loggedOutAt(userId)).toBe(occurredAt);
    await process('second');
    expect(warn.mock.calls).toEqual([
      [
        expect.stringMatching(
          /^\[MEVETO_SEVERAL_USERS\] Several users have the same Meveto ID\. .*Make the column unique\./,
        ),
        'MevetoLogout',
      ],
    ]);
    expect(error).not.toHaveBeenCalled();
    expect((await store.inbox.summary()).jobs).toMatchObject({ applied: 2, pending: 0 });
  });

  it('clears the link of each user, and notifies the application of each', async () => {
    await process('gone', UNLINK);
    expect(database.prepare('SELECT id FROM users WHERE meveto_id IS NOT NULL').all()).toEqual([]);
    expect(notified).toEqual(['1', '2', '3']);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('still applies to each user after the link was removed', async () => {
    const { logoutStore, inbox } = store;
    await inbox.receive([
      { kind: LOGOUT, digest: 'first', sealed: 's', priority: 'unknown', sender: undefined },
    ]);
    const [job] = await inbox.claim(1, 8_000);
    if (job === undefined) throw new Error('nothing was claimed');
    await process('gone', UNLINK);
    const outcome = await logoutStore.applyLogout({ ...job, occurredAt: job.occurredAt - 1 }, 'm-1');
    expect(outcome).toMatchObject({ logout: { userId: '1' }, others: [{ userId: '2' }, { userId: '3' }] });
    expect(await logoutStore.applyLogout(job, 'm-1')).toEqual(outcome);
  });

  it('causes no warning for one user id in two forms', async () => {
    removeUsers();
    addUsers('ab-1', 'ab-1   ');
    await process('first');
    expect(parts.known.loggedOutAt('ab-1   ')).toBeDefined();
    expect(warn).not.toHaveBeenCalled();
  });

  it('ends as ambiguous for more than 100 users, with an error that names the job', async () => {
    addUsers(...Array.from({ length: 98 }, (_, index) => String(index + 4)));
    const { id } = await process('first');
    expect(parts.known.loggedOutAt('1')).toBeUndefined();
    expect(error.mock.calls.map(([text]) => text)).toEqual([
      expect.stringContaining(
        `[MEVETO_JOB_OF_TOO_MANY_USERS] Job ${id} is ambiguous: more than 100 users have its Meveto ID`,
      ),
    ]);
    expect((await store.inbox.summary()).jobs).toMatchObject({ ambiguous: 1, applied: 0, pending: 0 });
    expect(parts.counters.all()).toMatchObject({ job_ambiguous: 1, job_applied: 0, exchange_person: 1 });
  });

  it('causes no warning for a Meveto ID of one user', async () => {
    removeUsers();
    addUsers('7');
    await process('first');
    expect(parts.known.loggedOutAt('7')).toBeDefined();
    expect(warn).not.toHaveBeenCalled();
  });
});
