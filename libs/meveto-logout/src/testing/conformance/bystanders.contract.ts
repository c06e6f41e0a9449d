import type { ClaimedJob } from '../../store/index.js';
import {
  claimOne,
  endAmbiguous,
  HOUR_MS,
  incoming,
  LEASE_MS,
  listed,
  logOut,
  receiveAndClaim,
} from './opened-store.js';
import type { OpenedSqlRows, Row } from './opened-sql-rows.js';
import type { Tests } from './tests.js';

/** An operation on one job changes no rows of other jobs, users and access tokens. */
export function bystanders({ beforeEach, describe, expect, it }: Tests, current: () => OpenedSqlRows): void {
  describe('an operation beside other rows', () => {
    let opened: OpenedSqlRows;
    let job: ClaimedJob;
    beforeEach(async () => {
      opened = current();
      for (const id of [1, 2, 3]) {
        await opened.addUser(id, `m-${String(id)}`);
        await opened.addToken(`token-${String(id)}`, id, 1_000);
      }
      job = await receiveAndClaim(opened, { ...incoming('a'), sender: 'sender-a' });
      await addBystanders(opened);
    });

    const finishAs = async (state: 'ambiguous' | 'expired'): Promise<string> => {
      await opened.store.inbox.finish(job, { state, reason: state === 'expired' ? 'time-to-live' : 'test' });
      return job.id;
    };
    const WORK: Record<string, () => Promise<unknown>> = {
      'is released': () =>
        opened.store.inbox.release(job, { delayMs: 1_000, maybeSent: false, reason: 'timeout' }),
      'is renewed': () => opened.store.inbox.renew([job], 5 * LEASE_MS),
      'begins its next attempt': () =>
        opened.store.inbox.beginAgain(job, { delayMs: 0, maybeSent: true, reason: 'timeout' }, 5 * LEASE_MS),
      'is rejected': () => opened.store.inbox.finish(job, { state: 'rejected', reason: 'test' }),
      'is applied': () => opened.store.logoutStore.applyLogout(job, 'm-1'),
      'is applied as a removal': () => opened.store.logoutStore.applyProtectionRemoved(job, 'm-1'),
      'finds no user': () => opened.store.logoutStore.applyLogout(job, 'm-8'),
      'is retried now': async () => {
        await opened.store.inbox.release(job, { delayMs: HOUR_MS, maybeSent: true, reason: 'timeout' });
        await opened.store.inbox.retryNow(job.id);
      },
      'is discarded': async () => opened.store.inbox.discard(await finishAs('ambiguous'), 'operator'),
      'is resolved': async () => opened.store.logoutStore.resolve(await finishAs('expired'), '1'),
      'is received again': async () => {
        await finishAs('expired');
        await opened.store.inbox.receive([incoming('a')]);
      },
      'is listed while it is pending': () => opened.store.inbox.receiveListed([listed('1', 'a')]),
      'is listed when it is ambiguous': async () => {
        await finishAs('ambiguous');
        await opened.store.inbox.receiveListed([listed('1', 'a')]);
      },
    };
    it.each(Object.keys(WORK))('changes one row only for a job that %s', async (what) => {
      const before = await othersIn(opened);
      const own = await ownRow(opened);
      await WORK[what]?.();
      expect(await othersIn(opened)).toEqual(before);
      expect(await ownRow(opened)).not.toEqual(own);
    });

    it('confirms one sender again and does not change other senders', async () => {
      await opened.store.logoutStore.applyLogout(job, 'm-1');
      await opened.passTime(2 * HOUR_MS);
      const before = await othersIn(opened);
      await opened.store.inbox.receive([{ ...incoming('again'), sender: 'sender-a' }]);
      const claimed = await opened.store.inbox.claim(10, LEASE_MS);
      const again = claimed.find(({ digest }) => digest === 'digest-again');
      if (again === undefined) throw new Error('the job was not claimed');
      expect((await opened.store.logoutStore.applyLogout(again, 'm-1')).kind).toBe('applied');
      expect((await othersIn(opened))['senders']).toEqual(before['senders']);
      expect(await opened.store.inbox.knownSenders(['sender-a', 'sender-b'], HOUR_MS)).toEqual(['sender-a']);
    });

    it('returns the same outcome for a repeated logout', async () => {
      const first = await opened.store.logoutStore.applyLogout(job, 'm-1');
      expect(first).toMatchObject({ kind: 'applied', logout: { userId: '1' } });
      expect(await opened.store.logoutStore.applyLogout(job, 'm-1')).toEqual(first);
    });

    it('reports a lost claim for a logout that another claim has written', async () => {
      await opened.passTime(2 * LEASE_MS);
      const taken = (await opened.store.inbox.claim(10, LEASE_MS)).find(({ id }) => id === job.id);
      if (taken === undefined) throw new Error('the job was not claimed again');
      expect((await opened.store.logoutStore.applyLogout(taken, 'm-1')).kind).toBe('applied');
      expect((await opened.store.logoutStore.applyLogout(job, 'm-1')).kind).toBe('claim-lost');
    });

    it('changes one user only for a login', async () => {
      const before = await othersIn(opened);
      await opened.store.logoutStore.recordLogin('1', undefined);
      expect(await othersIn(opened)).toEqual(before);
    });
  });
}

/** Adds one job in every state, users that are logged out, and a user that is not. */
async function addBystanders(opened: OpenedSqlRows): Promise<void> {
  const { inbox, logoutStore } = opened.store;
  await logOut(opened, 'applied', 'm-2');
  await opened.addToken('later-2', 2, 1_000);
  for (const state of ['rejected', 'expired'] as const) {
    await inbox.finish(await receiveAndClaim(opened, incoming(state)), { state, reason: 'time-to-live' });
  }
  await endAmbiguous(opened, 'ambiguous');
  await logoutStore.applyLogout(
    await receiveAndClaim(opened, { ...incoming('unknown'), sender: 'sender-b' }),
    'm-9',
  );
  await inbox.release(await receiveAndClaim(opened, incoming('failed')), {
    delayMs: HOUR_MS,
    maybeSent: true,
    reason: 'timeout',
  });
  await inbox.receiveListed([listed('7', 'claimed')]);
  await claimOne(opened);
  await inbox.receiveListed([listed('8', 'waiting')]);
  // Later writes get other times than the existing rows.
  await opened.passTime(1_000);
}

const ownRow = async (opened: OpenedSqlRows) => (await opened.rows('jobs', "digest = 'digest-a'"))[0];

/** All rows except those of the job `a`, of its sender and of user 1. */
async function othersIn(opened: OpenedSqlRows): Promise<Record<string, readonly Row[]>> {
  return {
    jobs: await opened.rows('jobs', "digest <> 'digest-a'"),
    senders: await opened.rows('senders', "sender <> 'sender-a'"),
    logouts: await opened.rows('logouts', "user_id <> '1'"),
    users: await opened.rows('users', 'id <> 1'),
    accessTokens: await opened.rows('accessTokens', 'user_id <> 1'),
  };
}
