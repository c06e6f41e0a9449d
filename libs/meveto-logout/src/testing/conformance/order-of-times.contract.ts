import { Logger } from '@nestjs/common';
import { LoginOutdatedError } from '../../store/index.js';
import {
  claimOne,
  DAY_MS,
  HOUR_MS,
  incoming,
  LEASE_MS,
  listed,
  logOut,
  MINUTE_MS,
  type Current,
  receiveAndClaim,
  summaryOf,
} from './opened-store.js';
import type { Tests } from './tests.js';

const STEPS_BACK_MS = [5_000, 30_000, HOUR_MS];

/** Receipts, logouts and logins keep their order after every step of the store's clock. */
export function orderOfTimes({ beforeEach, describe, expect, it }: Tests, current: Current): void {
  describe('the order of times', () => {
    beforeEach(async () => {
      // Each step of the clock logs a warning.
      Logger.overrideLogger(['error']);
      // A new process does not know the times issued in other tests.
      await current().restart();
      await current().addUser(1, 'm-1');
      await current().addUser(2, 'm-2');
    });

    const logIn = (userId: string, authenticatedAt?: number) =>
      current().store.logoutStore.recordLogin(userId, authenticatedAt);

    /** The time that a listed webhook gets. */
    const dateOf = async (name: string, createdAt: number): Promise<number> => {
      await current().store.inbox.receiveListed([listed(name, name, createdAt)]);
      const job = await claimOne(current());
      await current().store.inbox.finish(job, { state: 'rejected', reason: 'test' });
      return job.occurredAt;
    };

    describe.each(STEPS_BACK_MS)('after the clock was set back by %d ms', (stepMs) => {
      it('a logout ends the session that began before', async () => {
        const signedInAt = await logIn('1');
        current().stepClock(-stepMs);
        expect(await logOut(current(), 'a', 'm-1')).toBeGreaterThanOrEqual(signedInAt);
      });

      it('a logout by the application ends the session that began before, and no later one', async () => {
        const signedInAt = await logIn('1');
        current().stepClock(-stepMs);
        const [{ loggedOutAt }] = await current().store.logoutStore.logOut('1', 'application');
        expect(loggedOutAt).toBeGreaterThanOrEqual(signedInAt);
        expect(await logIn('1')).toBeGreaterThan(loggedOutAt);
      });

      it('a login begins after the logout before it, and the next logout ends it', async () => {
        let loggedOutAt = await logOut(current(), 'a', 'm-1');
        current().stepClock(-stepMs);
        for (const name of ['b', 'c', 'd']) {
          const signedInAt = await logIn('1');
          expect(signedInAt).toBeGreaterThan(loggedOutAt);
          loggedOutAt = await logOut(current(), name, 'm-1');
          expect(loggedOutAt).toBeGreaterThanOrEqual(signedInAt);
        }
      });

      it('a user who was logged out can authenticate again, and be logged out again', async () => {
        const loggedOutAt = await logOut(current(), 'a', 'm-1');
        current().stepClock(-stepMs);
        await expect(logIn('1', loggedOutAt)).rejects.toThrow(LoginOutdatedError);
        const authenticatedAt = await current().store.logoutStore.now();
        expect(await logIn('1', authenticatedAt)).toBe(authenticatedAt);
        expect(await logOut(current(), 'b', 'm-1')).toBeGreaterThanOrEqual(authenticatedAt);
      });

      it('many jobs and many logins do not move the time ahead', async () => {
        await logIn('1');
        current().stepClock(-stepMs);
        const start = await logOut(current(), 'a', 'm-1');
        for (let count = 0; count < 50; count += 1)
          await current().store.inbox.receive([incoming(String(count))]);
        const logins: number[] = [];
        for (let count = 0; count < 50; count += 1) logins.push(await logIn('2'));
        expect(new Set(logins)).toEqual(new Set([start + 1]));
      });

      it('a poll finds the logouts committed since the last one', async () => {
        const { asOf } = await current().store.logoutStore.committedSince(0);
        current().stepClock(-stepMs);
        const loggedOutAt = await logOut(current(), 'a', 'm-1');
        const look = await current().store.logoutStore.committedSince(asOf);
        expect(look.logouts).toEqual([{ userId: '1', loggedOutAt }]);
        expect(look.asOf).toBeLessThan(asOf);
      });

      it('a listed webhook that may be from before or after the step ends the session', async () => {
        const signedInAt = await logIn('1');
        current().stepClock(-stepMs);
        expect(await logIn('1')).toBeGreaterThanOrEqual(signedInAt);
        const createdAt = signedInAt - stepMs + 1_000;
        const datedAt = await dateOf('a', createdAt);
        expect(datedAt).toBeGreaterThanOrEqual(signedInAt);
        // Also when the clock has caught up.
        current().stepClock(stepMs + MINUTE_MS);
        await current().store.logoutStore.now();
        expect(await dateOf('b', createdAt)).toBe(datedAt);
        // Also after a second, smaller step.
        current().stepClock(-2_000);
        await current().store.logoutStore.now();
        current().stepClock(MINUTE_MS);
        expect(await dateOf('c', createdAt)).toBeGreaterThanOrEqual(datedAt);
        // A webhook from before the step is dated as if the clock had been ahead then.
        const before = createdAt - 2 * stepMs;
        expect((await dateOf('d', before)) - before).toBeLessThanOrEqual(stepMs + MINUTE_MS / 10);
        // A webhook from after the step gets the time given by Meveto.
        const after = await current().store.logoutStore.now();
        expect(await dateOf('e', after)).toBe(after);
      });

      it('a listed webhook ends the session that began before, if the clock was ahead and is now right', async () => {
        const made = await current().store.logoutStore.now();
        current().stepClock(stepMs);
        const signedInAt = await logIn('1');
        current().stepClock(MINUTE_MS);
        await current().store.logoutStore.now();
        current().stepClock(-stepMs);
        expect(await dateOf('a', made + 1_000)).toBeGreaterThanOrEqual(signedInAt);
        current().stepClock(2 * stepMs);
        expect(await dateOf('b', made + 1_000)).toBeGreaterThanOrEqual(signedInAt);
      });

      it('leases, delays, times to live and retention use the clock', async () => {
        await logIn('1');
        current().stepClock(-stepMs);
        const { inbox } = current().store;
        const job = await receiveAndClaim(current(), incoming('a'));
        await inbox.release(job, { delayMs: MINUTE_MS, maybeSent: true, reason: 'test' });
        expect(await inbox.claim(1, LEASE_MS)).toEqual([]);
        current().stepClock(MINUTE_MS);
        await claimOne(current());
        expect(await inbox.claim(1, LEASE_MS)).toEqual([]);
        current().stepClock(LEASE_MS);
        expect((await inbox.expire(HOUR_MS, 10)).ids).toHaveLength(0);
        current().stepClock(HOUR_MS - MINUTE_MS - LEASE_MS);
        expect((await inbox.expire(HOUR_MS, 10)).ids).toHaveLength(1);
        const week = { finishedMs: DAY_MS, rejectedMs: DAY_MS, ambiguousMs: DAY_MS };
        const retention = { ...week, invalidCount: 10, senderMs: DAY_MS };
        expect(await inbox.purge(retention, 10)).toBe(0);
        current().stepClock(DAY_MS);
        expect(await inbox.purge(retention, 10)).toBe(1);
      });

      it('one warning gives the time that the clock is behind', async () => {
        const lines: string[] = [];
        const log = (line: unknown) => lines.push(String(line));
        Logger.overrideLogger({ log, error: log, warn: log });
        try {
          await logIn('1');
          current().stepClock(-stepMs);
          for (const name of ['a', 'b']) await logOut(current(), name, 'm-1');
          await current().store.logoutStore.committedSince(0);
          expect(lines).toHaveLength(1);
          const [, seconds] = /clock is ([\d.]+) s behind/.exec(lines[0] ?? '') ?? [];
          expect(Number(seconds)).toBeGreaterThan((stepMs - 2_000) / 1_000);
          expect(Number(seconds)).toBeLessThanOrEqual(stepMs / 1_000);
        } finally {
          Logger.overrideLogger(['error']);
        }
      });
    });

    it('a login begins after a receipt of the same millisecond, for a job of any user', async () => {
      for (let count = 0; count < 20; count += 1) {
        const job = await receiveAndClaim(current(), incoming(String(count)));
        const signedInAt = await logIn('1');
        const outcome = await current().store.logoutStore.applyLogout(job, 'm-1');
        expect(outcome).toEqual({ kind: 'applied', logout: { userId: '1', loggedOutAt: job.occurredAt } });
        expect(signedInAt).toBeGreaterThan(job.occurredAt);
      }
    });

    it('a login keeps the time of its authentication, also after a later receipt', async () => {
      const authenticatedAt = await current().store.logoutStore.now();
      await current().store.inbox.receive([incoming('a')]);
      expect(await logIn('1', authenticatedAt)).toBe(authenticatedAt);
    });

    it('after a step ahead and back, times to live and retention use the clock', async () => {
      current().stepClock(365 * DAY_MS);
      await logOut(current(), 'a', 'm-1');
      current().stepClock(-365 * DAY_MS);
      const { inbox } = current().store;
      const rejected = await receiveAndClaim(current(), incoming('b'));
      await inbox.finish(rejected, { state: 'rejected', reason: 'test' });
      await inbox.receive([incoming('c')]);
      current().stepClock(2 * HOUR_MS);
      expect((await inbox.expire(HOUR_MS, 10)).ids).toHaveLength(1);
      const hour = { finishedMs: HOUR_MS, rejectedMs: HOUR_MS, ambiguousMs: HOUR_MS };
      expect(await inbox.purge({ ...hour, invalidCount: 10, senderMs: HOUR_MS }, 10)).toBe(1);
      expect(await summaryOf(current())).toMatchObject({ rejected: 0, expired: 1, applied: 1 });
    });
  });
}
