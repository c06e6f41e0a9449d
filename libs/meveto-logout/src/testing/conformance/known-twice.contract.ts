import type { IncomingJob } from '../../store/index.js';
import { TOKEN_LOST } from '../../store/index.js';
import {
  claimOne,
  type Current,
  DAY_MS,
  incoming,
  LEASE_MS,
  listed,
  openedBy,
  receiveAndClaim,
  summaryOf,
} from './opened-store.js';
import type { Tests } from './tests.js';

const unsealed = (name: string): IncomingJob => ({ ...incoming(name), sealed: undefined });
/** The same token with digests by the current key and by the earlier key. */
const byTwoKeys = <T extends IncomingJob>(job: T): T => ({ ...job, earlierDigests: ['digest-earlier'] });

/** A token that is received again while its job is in flight without it, and a job that has two rows. */
export function knownTwice({ describe, expect, it }: Tests, current: Current): void {
  /** Claims a job whose process has ended, so that its token is lost. */
  const takenOver = async (name: string) => {
    await current().store.inbox.receiveLeased([unsealed(name)], LEASE_MS);
    await current().passTime(LEASE_MS);
    return claimOne(current());
  };
  const expire = async (): Promise<void> => {
    await current().passTime(2 * DAY_MS);
    await current().store.inbox.expire(DAY_MS, 10);
  };

  describe('a token that is received again', () => {
    it('is not erased by a worker that finishes the job because the token was lost', async () => {
      const { inbox } = current().store;
      const job = await takenOver('a');
      expect(job.sealed).toBeUndefined();
      await inbox.receive([incoming('a')]);
      const lost = { state: 'ambiguous', reason: TOKEN_LOST } as const;
      expect(await inbox.finish(job, lost)).toBe(false);
      await inbox.release(job, { delayMs: 0, maybeSent: false, reason: TOKEN_LOST });
      const again = await claimOne(current());
      expect(again).toMatchObject({ id: job.id, sealed: 'sealed-a' });
      expect(await inbox.finish(again, { state: 'rejected', reason: 'test' })).toBe(true);
    });

    it('does not invalidate the answer that the process with the token has', async () => {
      const { inbox, logoutStore } = current().store;
      await current().addUser(1, 'm-1');
      const [job] = (await inbox.receiveLeased([unsealed('earlier')], LEASE_MS)).leased;
      if (job === undefined) throw new Error('no job is leased');
      await inbox.receive([byTwoKeys(incoming('new'))]);
      const first = await logoutStore.applyLogout(job, 'm-1');
      expect(first.kind).toBe('applied');
      expect(await logoutStore.applyLogout(job, 'm-1')).toEqual(first);
      expect(await summaryOf(current())).toMatchObject({ applied: 1, pending: 0 });
    });

    it('is stored for its own job, and for no other waiting job', async () => {
      const { inbox } = current().store;
      await inbox.receiveLeased([unsealed('a'), unsealed('b')], LEASE_MS);
      await inbox.receive([incoming('a')]);
      await current().passTime(LEASE_MS);
      const sealed = new Map((await inbox.claim(5, LEASE_MS)).map((job) => [job.digest, job.sealed]));
      expect(sealed).toEqual(
        new Map([
          ['digest-a', 'sealed-a'],
          ['digest-b', undefined],
        ]),
      );
    });

    it('does not prevent finishing for another reason, or without the token', async () => {
      const { inbox } = current().store;
      const lost = { state: 'ambiguous', reason: TOKEN_LOST } as const;
      const gone = await takenOver('a');
      expect(await inbox.finish(gone, lost)).toBe(true);
      expect(await inbox.finish(gone, lost)).toBe(true);
      const leased = await receiveAndClaim(current(), incoming('b'));
      expect(await inbox.finish(leased, { state: 'ambiguous', reason: 'test' })).toBe(true);
    });

    it('is stored for a job with a digest by an earlier key, together with its new digest', async () => {
      const { inbox } = current().store;
      const job = await takenOver('earlier');
      await inbox.receive([byTwoKeys(incoming('new'))]);
      await inbox.release(job, { delayMs: 0, maybeSent: false, reason: 'test' });
      expect(await claimOne(current())).toMatchObject({
        id: job.id,
        digest: 'digest-new',
        sealed: 'sealed-new',
      });
    });
  });

  describe('a token with rows by an earlier key and by the current key', () => {
    it('resumes the row of the current key, and does not prevent other jobs of the batch', async () => {
      const { inbox } = current().store;
      await inbox.receive([incoming('earlier')]);
      await inbox.receive([incoming('new')]);
      await expire();
      expect((await inbox.receive([byTwoKeys(incoming('new')), incoming('other')])).opened).toHaveLength(2);
      expect(await summaryOf(current())).toMatchObject({ pending: 2, expired: 1 });
      const digests = (await inbox.claim(5, LEASE_MS)).map(({ digest }) => digest).sort();
      expect(digests).toEqual(['digest-new', 'digest-other']);
    });

    it('stays unchanged when the row of the current key is finished', async () => {
      const { inbox } = current().store;
      await inbox.receive([incoming('earlier')]);
      await expire();
      await inbox.finish(await receiveAndClaim(current(), incoming('new')), {
        state: 'rejected',
        reason: 'test',
      });
      expect((await inbox.receive([byTwoKeys(incoming('new'))])).opened).toHaveLength(0);
      expect(openedBy(await inbox.receiveListed([byTwoKeys(listed('1', 'new'))]))).toBe(0);
      expect(await summaryOf(current())).toMatchObject({ expired: 1, rejected: 1, pending: 0 });
    });
  });

  describe('a listed webhook whose id is in one row and whose token is in another', () => {
    it('resumes the row with the token if that waits for it, and keeps the id in its row', async () => {
      const { inbox } = current().store;
      await inbox.receiveListed([listed('1', 'a')]);
      await inbox.finish(await claimOne(current()), { state: 'rejected', reason: 'test' });
      await inbox.receive([incoming('b')]);
      await expire();
      expect(await inbox.receiveListed([listed('1', 'b')])).toEqual({ newCount: 0, reopenedCount: 1 });
      expect(await claimOne(current())).toMatchObject({ digest: 'digest-b', sealed: 'sealed-b' });
      // The first row still has the id, so a new token for the id belongs to that row.
      expect(openedBy(await inbox.receiveListed([listed('1', 'c')]))).toBe(1);
      expect(await claimOne(current())).toMatchObject({ digest: 'digest-c' });
    });

    it.each(['pending', 'rejected', 'ambiguous'] as const)(
      'stays unchanged while the row with the token is %s',
      async (state) => {
        const { inbox } = current().store;
        await inbox.receiveListed([listed('1', 'a')]);
        await inbox.finish(await claimOne(current()), { state: 'rejected', reason: 'test' });
        const job = await receiveAndClaim(current(), incoming('b'));
        if (state !== 'pending') await inbox.finish(job, { state, reason: 'test' });
        expect(openedBy(await inbox.receiveListed([listed('1', 'b'), listed('1', 'b')]))).toBe(0);
      },
    );
  });
}
