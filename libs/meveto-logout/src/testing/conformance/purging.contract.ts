import {
  claimOne,
  type Current,
  DAY_MS,
  HOUR_MS,
  incoming,
  LEASE_MS,
  listed,
  logOut,
  openedBy,
  receiveAndClaim,
  summaryOf,
} from './opened-store.js';
import type { Tests } from './tests.js';

const RETENTION = {
  finishedMs: 7 * DAY_MS,
  rejectedMs: DAY_MS,
  ambiguousMs: 30 * DAY_MS,
  invalidCount: 100,
  senderMs: 7 * DAY_MS,
};

export function purging({ describe, expect, it }: Tests, current: Current): void {
  describe('purge', () => {
    it.each([
      ['expired', RETENTION.finishedMs],
      ['rejected', RETENTION.rejectedMs],
      ['ambiguous', RETENTION.ambiguousMs],
    ] as const)('keeps %s ones for their retention', async (state, keepMs) => {
      const { inbox } = current().store;
      await inbox.finish(await receiveAndClaim(current(), incoming('a')), { state, reason: 'test' });
      await current().passTime(keepMs - HOUR_MS);
      expect(await inbox.purge(RETENTION, 10)).toBe(0);
      await current().passTime(HOUR_MS);
      expect(await inbox.purge(RETENTION, 10)).toBe(1);
      expect(await summaryOf(current())).toMatchObject({ [state]: 0 });
    });

    it('keeps up to invalidCount jobs with invalid tokens, the latest ones', async () => {
      const { inbox } = current().store;
      const few = { ...RETENTION, invalidCount: 3 };
      for (const [name, reason] of [
        ['discarded', 'operator: test'],
        ['listed', 'invalid-token'],
        ['first', 'invalid-token'],
        ['second', 'invalid-token'],
        ['third', 'invalid-token'],
        ['fourth', 'invalid-token'],
        ['fifth', 'invalid-token'],
      ] as const) {
        if (name === 'listed') await inbox.receiveListed([listed('1', name)]);
        else await inbox.receive([incoming(name)]);
        await inbox.finish(await claimOne(current()), { state: 'rejected', reason });
        await current().passTime(1_000);
      }
      expect(await inbox.purge(few, 1)).toBe(1);
      expect(await inbox.purge(few, 10)).toBe(1);
      expect(await inbox.purge(few, 10)).toBe(0);
      const names = ['discarded', 'listed', 'first', 'second', 'third', 'fourth', 'fifth'];
      expect((await inbox.receive(names.map((name) => incoming(name)))).opened).toHaveLength(2);
      const digests = ['first', 'second'].map((name) => `digest-${name}`);
      expect((await inbox.unfinished(digests)).sort()).toEqual(digests);
    });

    it('counts a job once that is too old and beyond invalidCount, and continues at the next run', async () => {
      const { inbox } = current().store;
      const end = async (name: string): Promise<void> => {
        await inbox.finish(await receiveAndClaim(current(), incoming(name)), {
          state: 'rejected',
          reason: 'invalid-token',
        });
        await current().passTime(1_000);
      };
      for (const name of ['old', 'older']) await end(name);
      await current().passTime(RETENTION.rejectedMs);
      for (const name of ['first', 'second', 'third', 'fourth']) await end(name);
      expect(await inbox.purge({ ...RETENTION, invalidCount: 1 }, 4)).toBe(4);
      expect(await inbox.purge({ ...RETENTION, invalidCount: 1 }, 4)).toBe(1);
      expect(await summaryOf(current())).toMatchObject({ rejected: 1 });
    });

    it('deletes senders that were not confirmed within senderMs', async () => {
      const { inbox } = current().store;
      await current().addUser(1, 'm-1');
      const job = await receiveAndClaim(current(), { ...incoming('a'), sender: 'sender' });
      await current().store.logoutStore.applyLogout(job, 'm-1');
      await current().passTime(RETENTION.senderMs - HOUR_MS);
      await inbox.purge(RETENTION, 10);
      expect(await inbox.knownSenders(['sender'], 30 * DAY_MS)).toEqual(['sender']);
      await current().passTime(HOUR_MS);
      await inbox.purge(RETENTION, 10);
      expect(await inbox.knownSenders(['sender'], 30 * DAY_MS)).toEqual([]);
    });

    it('keeps a job while it is listed, and for its retention after that', async () => {
      const { inbox } = current().store;
      await inbox.receiveListed([listed('1', 'a')]);
      await inbox.finish(await claimOne(current()), { state: 'rejected', reason: 'test' });
      await inbox.finish(await receiveAndClaim(current(), incoming('b')), {
        state: 'rejected',
        reason: 'test',
      });
      await current().passTime(RETENTION.rejectedMs);
      expect(openedBy(await inbox.receiveListed([listed('1', 'a')]))).toBe(0);
      expect(await inbox.purge(RETENTION, 10)).toBe(1);
      expect(openedBy(await inbox.receiveListed([listed('1', 'a')]))).toBe(0);
      await current().passTime(RETENTION.rejectedMs);
      expect(await inbox.purge(RETENTION, 10)).toBe(1);
      expect(await summaryOf(current())).toMatchObject({ rejected: 0, pending: 0 });
    });

    it('keeps applied jobs as long as expired jobs', async () => {
      await current().addUser(1, 'm-1');
      await logOut(current(), 'a', 'm-1');
      await current().passTime(RETENTION.finishedMs - HOUR_MS);
      expect(await current().store.inbox.purge(RETENTION, 10)).toBe(0);
      await current().passTime(HOUR_MS);
      expect(await current().store.inbox.purge(RETENTION, 10)).toBe(1);
    });

    it('never deletes an unfinished job, and stops at the limit', async () => {
      const { inbox } = current().store;
      await inbox.receive(['a', 'b', 'c'].map((name) => incoming(name)));
      for (const job of await inbox.claim(2, LEASE_MS)) {
        await inbox.finish(job, { state: 'rejected', reason: 'test' });
      }
      await current().passTime(30 * DAY_MS);
      expect(await inbox.purge(RETENTION, 1)).toBe(1);
      expect(await inbox.purge(RETENTION, 10)).toBe(1);
      expect(await inbox.purge(RETENTION, 10)).toBe(0);
      expect(await summaryOf(current())).toMatchObject({ pending: 1, rejected: 0 });
    });
  });
}
