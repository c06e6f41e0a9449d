import type { IncomingJob } from '../../store/index.js';
import { claimOne, type Current, incoming, LEASE_MS, receiveAndClaim, summaryOf } from './opened-store.js';
import type { Tests } from './tests.js';

/** A job whose token is only in the memory of the receiving process. */
const unsealed = (name: string): IncomingJob => ({ ...incoming(name), sealed: undefined });
const failure = (maybeSent: boolean) => ({ delayMs: 0, maybeSent, reason: 'test' });

export function beginningAgain({ describe, expect, it }: Tests, current: Current): void {
  describe('beginAgain', () => {
    it.each([true, false])(
      'leaves an unknown attempt only if the failed attempt may have been sent: %s',
      async (maybeSent) => {
        const { inbox } = current().store;
        const { leased } = await inbox.receiveLeased([unsealed('a')], LEASE_MS);
        const [job] = leased;
        if (job === undefined) throw new Error('no job is leased');
        const again = await inbox.beginAgain(job, failure(maybeSent), LEASE_MS);
        if (again === undefined) throw new Error('the claim was lost');
        // The second attempt was certainly not sent: only the first one can be unknown.
        await inbox.release(again, failure(false));
        expect((await claimOne(current())).earlierAttemptUnknown).toBe(maybeSent);
      },
    );

    it.each([true, false])(
      'marks the next attempt as begun, and records whether the token may have been sent: %s',
      async (maybeSent) => {
        const { inbox } = current().store;
        const job = await receiveAndClaim(current(), incoming('a'));
        await current().passTime(LEASE_MS / 2);
        const again = await inbox.beginAgain(job, failure(maybeSent), LEASE_MS);
        expect(again).toMatchObject({
          id: job.id,
          fence: job.fence,
          attempts: 2,
          earlierAttemptUnknown: maybeSent,
        });
        await current().passTime(LEASE_MS / 2);
        expect(await inbox.claim(1, LEASE_MS)).toEqual([]);
        await current().passTime(LEASE_MS / 2);
        // The next worker does not know the outcome of the attempt that was begun.
        expect(await claimOne(current())).toMatchObject({ attempts: 3, earlierAttemptUnknown: true });
      },
    );

    it('keeps the mark of an unknown attempt after a later attempt that was not sent', async () => {
      const { inbox } = current().store;
      const job = await receiveAndClaim(current(), incoming('a'));
      const second = await inbox.beginAgain(job, failure(true), LEASE_MS);
      if (second === undefined) throw new Error('the claim was lost');
      const third = await inbox.beginAgain(second, failure(false), LEASE_MS);
      expect(third).toMatchObject({ attempts: 3, earlierAttemptUnknown: true });
    });

    it('resolves undefined when the claim is lost', async () => {
      const { inbox } = current().store;
      const lost = await receiveAndClaim(current(), incoming('a'));
      await current().passTime(LEASE_MS);
      const leased = await claimOne(current());
      expect(await inbox.beginAgain(lost, failure(true), LEASE_MS)).toBeUndefined();
      await inbox.finish(leased, { state: 'rejected', reason: 'test' });
      expect(await inbox.beginAgain(leased, failure(true), LEASE_MS)).toBeUndefined();
      expect(await summaryOf(current())).toMatchObject({ pending: 0, rejected: 1 });
    });
  });
}
