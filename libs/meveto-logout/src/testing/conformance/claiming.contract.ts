import {
  claimOne,
  type Current,
  incoming,
  LEASE_MS,
  nextMillisecond,
  receiveAndClaim,
  summaryOf,
} from './opened-store.js';
import type { Tests } from './tests.js';

const digestsOf = (jobs: readonly { digest: string }[]) => jobs.map(({ digest }) => digest);

export function claiming({ describe, expect, it }: Tests, current: Current): void {
  describe('claim', () => {
    it('returns the oldest jobs first, up to the limit', async () => {
      const { inbox } = current().store;
      for (const name of ['b', 'c', 'a']) {
        await inbox.receive([incoming(name)]);
        await nextMillisecond(current());
      }
      expect(digestsOf(await inbox.claim(2, LEASE_MS))).toEqual(['digest-b', 'digest-c']);
      expect(digestsOf(await inbox.claim(2, LEASE_MS))).toEqual(['digest-a']);
    });

    it('marks the first attempt as begun', async () => {
      expect(await receiveAndClaim(current(), incoming('a'))).toMatchObject({
        fence: 1,
        attempts: 1,
        earlierAttemptUnknown: false,
      });
    });

    it('does not return a leased job until its lease is over', async () => {
      const { inbox } = current().store;
      await receiveAndClaim(current(), incoming('a'));
      expect(await inbox.claim(1, LEASE_MS)).toEqual([]);
      await current().passTime(LEASE_MS / 2);
      expect(await inbox.claim(1, LEASE_MS)).toEqual([]);
      await current().passTime(LEASE_MS / 2);
      expect(await inbox.claim(1, LEASE_MS)).toHaveLength(1);
    });

    it('returns a job whose lease is over, with a higher fence and the mark of the earlier attempt', async () => {
      const first = await receiveAndClaim(current(), incoming('a'));
      await current().passTime(LEASE_MS);
      expect(await claimOne(current())).toMatchObject({
        id: first.id,
        fence: first.fence + 1,
        attempts: 2,
        earlierAttemptUnknown: true,
      });
    });

    it('makes writes of a lost claim fail after another worker has claimed the job', async () => {
      const { inbox } = current().store;
      const lost = await receiveAndClaim(current(), incoming('a'));
      await current().passTime(LEASE_MS);
      const leased = await claimOne(current());

      expect(await inbox.finish(lost, { state: 'rejected', reason: 'test' })).toBe(false);
      await inbox.release(lost, { delayMs: 0, maybeSent: false, reason: 'test' });
      expect(await inbox.claim(1, LEASE_MS)).toEqual([]);
      expect(await inbox.finish(leased, { state: 'rejected', reason: 'test' })).toBe(true);
      expect(await summaryOf(current())).toMatchObject({ pending: 0, rejected: 1 });
    });

    it('allows finish after the end of the lease if no other worker has claimed the job', async () => {
      const job = await receiveAndClaim(current(), incoming('a'));
      await current().passTime(LEASE_MS * 2);
      expect(await current().store.inbox.finish(job, { state: 'rejected', reason: 'test' })).toBe(true);
    });
  });

  describe('claim while other jobs are in flight', () => {
    it('does not return jobs in flight, even when their leases are over', async () => {
      const { inbox } = current().store;
      await inbox.receive(['a', 'b', 'c'].map((name) => incoming(name)));
      const [first, second] = await inbox.claim(2, LEASE_MS);
      await current().passTime(LEASE_MS);
      const inFlight = [first?.id ?? '', second?.id ?? ''];
      const others = await inbox.claim(3, LEASE_MS, inFlight);
      expect(others).toHaveLength(1);
      expect(inFlight).not.toContain(others[0]?.id);
      expect((await inbox.claim(3, LEASE_MS)).map(({ id }) => id).sort()).toEqual([...inFlight].sort());
    });
  });

  describe('release', () => {
    it('delays a job for the given time', async () => {
      const { inbox } = current().store;
      const job = await receiveAndClaim(current(), incoming('a'));
      await inbox.release(job, { delayMs: 60_000, maybeSent: true, reason: 'timeout' });
      await current().passTime(30_000);
      expect(await inbox.claim(1, LEASE_MS)).toEqual([]);
      await current().passTime(30_000);
      expect(await inbox.claim(1, LEASE_MS)).toHaveLength(1);
    });

    it('changes nothing when repeated after a lost answer', async () => {
      const { inbox } = current().store;
      const first = await receiveAndClaim(current(), incoming('a'));
      await inbox.release(first, { delayMs: 0, maybeSent: true, reason: 'timeout' });
      const second = await claimOne(current());
      for (let times = 0; times < 2; times += 1)
        await inbox.release(second, { delayMs: 0, maybeSent: false, reason: 'refused' });
      expect(await claimOne(current())).toMatchObject({ attempts: 3, earlierAttemptUnknown: true });
    });

    it('does not change a finished job', async () => {
      const { inbox } = current().store;
      const job = await receiveAndClaim(current(), incoming('a'));
      await inbox.finish(job, { state: 'ambiguous', reason: 'its end' });
      await inbox.release(job, { delayMs: 0, maybeSent: true, reason: 'timeout' });
      expect((await inbox.list({ state: 'ambiguous', limit: 2 })).jobs).toMatchObject([
        { id: job.id, reason: 'its end' },
      ]);
    });

    it.each([true, false])('records whether the token may have been sent: %s', async (maybeSent) => {
      const job = await receiveAndClaim(current(), incoming('a'));
      await current().store.inbox.release(job, { delayMs: 0, maybeSent, reason: 'test' });
      expect(await claimOne(current())).toMatchObject({ attempts: 2, earlierAttemptUnknown: maybeSent });
    });

    it('counts client errors until another attempt may have used up the token', async () => {
      const { inbox } = current().store;
      const refusal = { delayMs: 0, maybeSent: true, isClientError: true, reason: 'http-403' };
      const times: number[] = [];
      const next = async () => {
        const job = await claimOne(current());
        times.push(job.clientErrorCount);
        return job;
      };
      await inbox.receive([incoming('a')]);
      await inbox.release(await next(), refusal);
      await inbox.release(await next(), { delayMs: 0, maybeSent: false, reason: 'refused' });
      await inbox.release(await next(), refusal);
      await inbox.release(await next(), { delayMs: 0, maybeSent: true, reason: 'timeout' });
      await inbox.release(await next(), refusal);
      await next();
      expect(times).toEqual([0, 1, 1, 2, 0, 0]);
    });

    it('keeps the count of client errors when the next attempt begins without a release', async () => {
      const { inbox } = current().store;
      const refusal = { delayMs: 0, maybeSent: true, isClientError: true, reason: 'http-403' };
      const job = await receiveAndClaim(current(), incoming('a'));
      const again = await inbox.beginAgain(job, refusal, LEASE_MS);
      expect(again?.clientErrorCount).toBe(1);
      await inbox.release(job, refusal);
      expect((await claimOne(current())).clientErrorCount).toBe(2);
    });

    it('keeps the mark of an unknown attempt after a later attempt that was not sent', async () => {
      const { inbox } = current().store;
      const first = await receiveAndClaim(current(), incoming('a'));
      await inbox.release(first, { delayMs: 0, maybeSent: true, reason: 'timeout' });
      await inbox.release(await claimOne(current()), { delayMs: 0, maybeSent: false, reason: 'refused' });
      expect(await claimOne(current())).toMatchObject({ attempts: 3, earlierAttemptUnknown: true });
    });
  });

  describe('finish', () => {
    it.each(['rejected', 'ambiguous', 'expired'] as const)('finishes a job as %s, once', async (state) => {
      const { inbox } = current().store;
      const job = await receiveAndClaim(current(), incoming('a'));
      expect(await inbox.finish(job, { state, reason: 'test' })).toBe(true);
      expect(await inbox.finish(job, { state: 'rejected', reason: 'another end' })).toBe(false);
      expect(await summaryOf(current())).toMatchObject({ pending: 0, [state]: 1 });
      // A repetition after a lost answer.
      expect(await inbox.finish(job, { state, reason: 'test' })).toBe(true);
      expect(await summaryOf(current())).toMatchObject({ pending: 0, [state]: 1 });
      await current().passTime(LEASE_MS * 2);
      expect(await inbox.claim(1, LEASE_MS)).toEqual([]);
    });
  });
}
