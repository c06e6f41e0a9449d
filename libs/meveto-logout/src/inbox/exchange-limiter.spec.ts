import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ExchangeLimiter, hasAnswered, type OutageNews } from './exchange-limiter.js';
import type { ResolvedInbox } from './options.js';

const unknownSender = { priority: 'unknown' } as const;
const knownSender = { priority: 'known' } as const;
const listed = { priority: 'listed' } as const;
type Job = typeof unknownSender | typeof knownSender | typeof listed;

const five = <T>(each: T): T[] => Array.from({ length: 5 }, () => each);
const pass = (ms: number) => jest.advanceTimersByTime(ms);

describe('ExchangeLimiter', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const limiterOf = (concurrency: number, perSecond: number) =>
    new ExchangeLimiter({ concurrency, perSecond } as ResolvedInbox);
  /** A limiter whose rate is never spent. */
  const limiter = () => limiterOf(16, 10_000);
  /** Starts exchanges as long as the limiter allows, at most `wanted`, and ends them. Returns their number. */
  function exchange(by: ExchangeLimiter, wanted: number, job: Job = knownSender): number {
    const { all, unknownSenders } = by.allowed();
    const count = Math.min(wanted, job === unknownSender ? unknownSenders : all);
    for (let started = 0; started < count; started += 1) {
      by.started(job);
      by.finished(job, true);
    }
    return count;
  }
  function run(by: ExchangeLimiter, job: Job, answered: boolean | undefined): OutageNews | undefined {
    by.started(job);
    return by.finished(job, answered);
  }
  /** A limiter whose exchanges for these jobs were in flight together, and failed. */
  function after(failures: readonly Job[]): ExchangeLimiter {
    const failed = limiter();
    for (const job of failures) failed.started(job);
    for (const job of failures) failed.finished(job, false);
    return failed;
  }

  it('takes Meveto as available for a minute after each answer', () => {
    const limit = limiter();
    expect(limit.isAnswering()).toBe(false);
    run(limit, unknownSender, true);
    pass(59_999);
    run(limit, knownSender, false);
    run(limit, knownSender, undefined);
    expect(limit.isAnswering()).toBe(true);
    pass(1);
    expect(limit.isAnswering()).toBe(false);
  });

  describe('the number of exchanges at a time', () => {
    it('counts exchanges in flight', () => {
      const limit = limiterOf(2, 100);
      limit.started(knownSender);
      expect(limit.allowed().all).toBe(1);
      limit.started(unknownSender);
      expect(limit.allowed().all).toBe(0);
      limit.finished(unknownSender, true);
      expect(limit.allowed().all).toBe(1);
    });

    it('is three quarters at most for unknown senders', () => {
      const limit = limiterOf(16, 100);
      expect(limit.allowed()).toEqual({ all: 16, unknownSenders: 12 });
      for (let count = 0; count < 12; count += 1) limit.started(unknownSender);
      expect(limit.allowed()).toEqual({ all: 4, unknownSenders: 0 });
      for (let count = 0; count < 3; count += 1) limit.started(listed);
      limit.finished(unknownSender, true);
      limit.finished(unknownSender, true);
      expect(limit.allowed()).toEqual({ all: 3, unknownSenders: 2 });
    });

    it('leaves one exchange to unknown senders when there is only one', () => {
      expect(limiterOf(1, 1).allowed()).toEqual({ all: 1, unknownSenders: 1 });
    });
  });

  describe('the rate', () => {
    it('allows exchanges while the budget lasts', () => {
      const limit = limiterOf(256, 10);
      expect([4, 4, 4, 4].map((wanted) => exchange(limit, wanted))).toEqual([4, 4, 2, 0]);
    });

    it('refills the budget, in whole exchanges', () => {
      const limit = limiterOf(256, 10);
      exchange(limit, 10);
      const counts = [99, 1, 250, 50].map((ms) => {
        pass(ms);
        return exchange(limit, 5);
      });
      expect(counts).toEqual([0, 1, 2, 1]);
    });

    it('loses no time through frequent questions', () => {
      const limit = limiterOf(256, 8);
      exchange(limit, 8);
      let count = 0;
      for (let ms = 1; ms <= 1_000; ms += 1) {
        pass(1);
        count += exchange(limit, 8);
      }
      expect(count).toBe(8);
    });

    it('saves at most one second', () => {
      const limit = limiterOf(256, 10);
      pass(60_000);
      expect(exchange(limit, 100)).toBe(10);
      expect(exchange(limit, 100)).toBe(0);
    });

    it('counts only exchanges that start', () => {
      const limit = limiterOf(256, 10);
      for (let asked = 0; asked < 100; asked += 1) limit.allowed();
      expect(exchange(limit, 100)).toBe(10);
    });

    it('is three quarters at most for unknown senders', () => {
      const limit = limiterOf(256, 8);
      expect(exchange(limit, 8, unknownSender)).toBe(6);
      expect(exchange(limit, 8, listed)).toBe(2);
      pass(1_000);
      expect(limit.allowed()).toEqual({ all: 8, unknownSenders: 6 });
      expect(exchange(limit, 8, listed)).toBe(8);
      expect(exchange(limit, 8, unknownSender)).toBe(0);
    });

    it('is spent while it alone delays exchanges, of all jobs or of unknown senders', () => {
      const limit = limiterOf(256, 8);
      exchange(limit, 5, unknownSender);
      expect(limit.isRateSpent()).toBe(false);
      exchange(limit, 1, unknownSender);
      expect(limit.isRateSpent()).toBe(true);
      pass(1_000);
      exchange(limit, 8);
      expect(limit.isRateSpent()).toBe(true);
      for (const job of five(knownSender)) run(limit, job, false);
      expect(limit.isRateSpent()).toBe(false);
    });

    it('is not spent while all exchanges are in flight', () => {
      const limit = limiterOf(1, 1);
      limit.started(unknownSender);
      expect(limit.isRateSpent()).toBe(false);
    });
  });

  describe('a breaker', () => {
    it('stops exchanges at the fifth failure in a row', () => {
      const four = after(five(knownSender).slice(1));
      expect(four.allowed().all).toBe(16);
      run(four, knownSender, false);
      expect(four.allowed().all).toBe(0);
    });

    it('stays closed while there are answers between the failures', () => {
      const limit = limiter();
      for (let round = 0; round < 10; round += 1) {
        for (let failure = 0; failure < 4; failure += 1) run(limit, knownSender, false);
        run(limit, knownSender, true);
      }
      expect(limit.allowed().all).toBe(16);
    });

    it('allows one probe within two seconds, and the next one later', () => {
      const limit = after(five(knownSender));
      pass(1_499);
      expect(limit.allowed().all).toBe(0);
      pass(1);
      expect(limit.allowed().all).toBe(1);
      limit.started(knownSender);
      expect(limit.allowed().all).toBe(0);
      pass(3_000);
      expect(limit.allowed().all).toBe(1);
    });

    it('allows a probe at least every thirty seconds', () => {
      const limit = after(five(knownSender));
      for (let probe = 0; probe < 20; probe += 1) {
        let pausedMs = 0;
        for (; limit.allowed().all === 0; pausedMs += 100) pass(100);
        expect(pausedMs).toBeLessThanOrEqual(30_000);
        run(limit, knownSender, false);
      }
    });

    it('starts each outage with the first pause', () => {
      const limit = after(five(knownSender));
      for (let probe = 0; probe < 5; probe += 1) run(limit, knownSender, false);
      run(limit, knownSender, true);
      for (const job of five(knownSender)) limit.started(job);
      for (const job of five(knownSender)) limit.finished(job, false);
      pass(1_499);
      expect(limit.allowed().all).toBe(0);
      pass(1);
      expect(limit.allowed().all).toBe(1);
    });

    it('waits for the first pause, however many exchanges were about to start when it opened', () => {
      const limit = after(five(knownSender));
      for (const job of five(knownSender)) run(limit, job, false);
      pass(2_000);
      expect(limit.allowed().all).toBe(1);
    });

    it('allows another probe at once after a probe that says nothing about Meveto', () => {
      const limit = after(five(knownSender));
      pass(1_500);
      expect(run(limit, knownSender, undefined)).toBeUndefined();
      expect(limit.allowed().all).toBe(1);
      run(limit, knownSender, false);
      // The pause is the same as after the first probe.
      pass(2_999);
      expect(limit.allowed().all).toBe(0);
      pass(1);
      expect(limit.allowed().all).toBe(1);
    });

    it('closes at the first answer', () => {
      const limit = after(five(knownSender));
      expect(run(limit, knownSender, true)).toBe('ended');
      expect(limit.allowed()).toEqual({ all: 16, unknownSenders: 12 });
      expect(run(limit, knownSender, true)).toBeUndefined();
    });
  });
});

const retry = (reason: string) => ({ kind: 'retry', reason, maybeSent: true }) as const;

describe('hasAnswered', () => {
  it.each([{ kind: 'person', mevetoId: 'm-1' } as const, { kind: 'invalid' } as const])(
    'returns true for the outcome $kind',
    (outcome) => {
      expect(hasAnswered(outcome, 'unknown')).toBe(true);
    },
  );

  it.each(['timeout', 'http-500', 'http-429', 'http-401', 'http-408', 'not-json'])(
    'returns false for the reason %s',
    (reason) => {
      expect(hasAnswered(retry(reason), 'unknown')).toBe(false);
      expect(hasAnswered(retry(reason), 'listed')).toBe(false);
    },
  );

  it.each(['http-400', 'http-403', 'http-414'])(
    'returns undefined for a client error of an unknown sender: %s',
    (reason) => {
      expect(hasAnswered(retry(reason), 'unknown')).toBeUndefined();
      expect(hasAnswered(retry(reason), 'known')).toBe(false);
    },
  );

  it.each([retry('lease-over'), { kind: 'unreadable' } as const, { kind: 'token-lost' } as const])(
    'returns undefined when Meveto got no request: %j',
    (outcome) => {
      expect(hasAnswered(outcome, 'listed')).toBeUndefined();
    },
  );
});
