import type { IncomingJob } from '../../store/index.js';
import { type JobKind, LOGOUT, UNLINK } from '../../store/index.js';
import { PRIORITIES } from '../../store/index.js';
import {
  claimOne,
  countsOf,
  type Current,
  HOUR_MS,
  incoming,
  LEASE_MS,
  listed,
  openedBy,
  receiveAndClaim,
  summaryOf,
} from './opened-store.js';
import type { Tests } from './tests.js';

/** Kinds that this version does not know, and spellings that a database may treat as a known kind. */
const UNKNOWN = [
  'lockout',
  'Logout',
  'LOGOUT',
  'logout ',
  'unlink ',
  ' logout',
  'log-out',
  'logged-out',
  'constructor',
  '',
];

/** A job as a newer version stores it. */
const ofKind = (name: string, kind = 'lockout'): IncomingJob => incoming(name, kind as JobKind);

export function unknownKinds({ describe, expect, it }: Tests, current: Current): void {
  /** Expires a job that no replica has claimed. */
  async function expireUnknown(name: string): Promise<string> {
    const { inbox } = current().store;
    await inbox.receive([ofKind(name)]);
    await current().passTime(HOUR_MS);
    expect(countsOf(await inbox.expire(HOUR_MS, 10))).toEqual({
      count: 1,
      outcomeUnknownCount: 0,
      unknownKindCount: 1,
    });
    const { jobs } = await inbox.list({ state: 'expired', limit: 1 });
    return jobs[0]?.id ?? '';
  }

  describe('a job of a kind that this version does not know', () => {
    it.each(UNKNOWN)('is left for a replica that knows the kind %j', async (kind) => {
      const { inbox } = current().store;
      await inbox.receive([ofKind('a', kind)]);
      expect(await inbox.claim(10, LEASE_MS)).toEqual([]);
      expect(await inbox.waitingByPriority()).toEqual({ listed: 0, known: 0, unknown: 0 });
      expect(await summaryOf(current())).toMatchObject({ pending: 1 });
      expect((await inbox.list({ state: 'pending', limit: 5 })).jobs).toMatchObject([{ kind, attempts: 0 }]);
    });

    it('delays no other job, at any priority', async () => {
      const { inbox } = current().store;
      for (const priority of PRIORITIES)
        await inbox.receive([{ ...ofKind(`unknown-${priority}`), priority }]);
      for (const priority of PRIORITIES) await inbox.receive([{ ...incoming(priority), priority }]);
      for (const priority of PRIORITIES)
        expect((await claimOne(current())).digest).toBe(`digest-${priority}`);
      expect(await inbox.claim(10, LEASE_MS)).toEqual([]);
      expect(await inbox.waitingByPriority()).toEqual({ listed: 1, known: 1, unknown: 1 });
    });

    it('is not claimed when its token is received unsealed', async () => {
      const { inbox } = current().store;
      await inbox.receive([{ ...ofKind('a'), sealed: undefined }]);
      const unsealed = { ...incoming('a'), sealed: undefined };
      expect(await inbox.receiveLeased([unsealed], LEASE_MS)).toEqual({
        leased: [],
        elsewhere: ['digest-a'],
        refused: [],
      });
      const again = { ...listed('1', 'a'), sealed: undefined };
      expect(await inbox.receiveListedLeased([again], LEASE_MS)).toEqual([]);
    });

    it.each<JobKind>([LOGOUT, UNLINK])(
      'keeps its kind while it waits when its token is received again as %s',
      async (kind) => {
        const { inbox } = current().store;
        await inbox.receive([ofKind('a')]);
        expect((await inbox.receive([incoming('a', kind)])).opened).toHaveLength(0);
        expect(openedBy(await inbox.receiveListed([listed('1', 'a')]))).toBe(0);
        expect(await inbox.claim(10, LEASE_MS)).toEqual([]);
      },
    );

    it('expires after its time to live, with its own reason', async () => {
      const { inbox } = current().store;
      await inbox.receive([ofKind('a'), incoming('b')]);
      expect(countsOf(await inbox.expire(HOUR_MS, 10))).toMatchObject({ count: 0 });
      await current().passTime(HOUR_MS);
      expect(countsOf(await inbox.expire(HOUR_MS, 10))).toEqual({
        count: 2,
        outcomeUnknownCount: 0,
        unknownKindCount: 1,
      });
      const { jobs } = await inbox.list({ state: 'expired', limit: 5 });
      expect(Object.fromEntries(jobs.map(({ kind, reason }) => [kind, reason]))).toEqual({
        lockout: 'unknown-kind',
        [LOGOUT]: 'time-to-live',
      });
    });

    it.each(UNKNOWN)('expires with that reason for the kind %j', async (kind) => {
      const { inbox } = current().store;
      await inbox.receive([ofKind('a', kind)]);
      await current().passTime(HOUR_MS);
      await inbox.expire(HOUR_MS, 10);
      const { jobs } = await inbox.list({ state: 'expired', limit: 5 });
      expect(jobs).toMatchObject([{ kind, reason: 'unknown-kind' }]);
    });

    it('cannot be resolved by an operator, and can be discarded', async () => {
      await current().addUser(1, 'm-1');
      const { inbox, logoutStore } = current().store;
      const id = await expireUnknown('a');
      expect(await logoutStore.resolve(id, '1')).toEqual({ kind: 'claim-lost' });
      expect(await inbox.retryNow(id)).toBe(false);
      expect((await logoutStore.committedSince(0)).logouts).toEqual([]);
      expect(await current().mevetoIdOf(1)).toBe('m-1');
      expect(await inbox.discard(id, 'operator: test')).toBe(true);
      expect(await summaryOf(current())).toMatchObject({ rejected: 1, expired: 0 });
    });

    it.each([
      ['is received again', async () => (await current().store.inbox.receive([incoming('a')])).opened.length],
      ['is listed', async () => openedBy(await current().store.inbox.receiveListed([listed('1', 'a')]))],
    ])('is opened again as a logout when it is expired and its token %s as one', async (_how, comesAgain) => {
      await expireUnknown('a');
      expect(await comesAgain()).toBe(1);
      expect(await claimOne(current())).toMatchObject({ kind: LOGOUT, sealed: 'sealed-a' });
    });
  });

  it('a logout that is opened again keeps its kind for any kind of the repeated token', async () => {
    const { inbox } = current().store;
    const job = await receiveAndClaim(current(), incoming('a'));
    await inbox.finish(job, { state: 'expired', reason: 'test' });
    expect((await inbox.receive([incoming('a', UNLINK)])).opened).toHaveLength(1);
    expect(await claimOne(current())).toMatchObject({ kind: LOGOUT });
  });
}
