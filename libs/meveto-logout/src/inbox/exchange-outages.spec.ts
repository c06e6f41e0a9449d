import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ExchangeLimiter } from './exchange-limiter.js';
import type { ResolvedInbox } from './options.js';

const unknownSender = { priority: 'unknown' } as const;
const knownSender = { priority: 'known' } as const;
const listed = { priority: 'listed' } as const;
type Job = typeof unknownSender | typeof knownSender | typeof listed;

const ALL = { all: 16, unknownSenders: 12 };
const five = <T>(each: T): T[] => Array.from({ length: 5 }, () => each);
const pass = (ms: number) => jest.advanceTimersByTime(ms);

describe('ExchangeLimiter in an outage', () => {
  let limiter: ExchangeLimiter;
  beforeEach(() => {
    jest.useFakeTimers();
    limiter = new ExchangeLimiter({ concurrency: 16, perSecond: 10_000 } as ResolvedInbox);
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  function run(job: Job, answered: boolean) {
    limiter.started(job);
    return limiter.finished(job, answered);
  }
  const fail = (jobs: readonly Job[]) => jobs.map((job) => run(job, false));

  it('allows all exchanges before the fifth failure', () => {
    expect(limiter.allowed()).toEqual(ALL);
    fail(five(unknownSender).slice(1));
    expect(limiter.allowed()).toEqual(ALL);
  });

  it('stops only unknown senders after failures of unknown senders', () => {
    fail(five(unknownSender));
    expect(limiter.allowed()).toEqual({ all: 16, unknownSenders: 0 });
    pass(1_500);
    expect(limiter.allowed()).toEqual({ all: 16, unknownSenders: 1 });
    limiter.started(unknownSender);
    expect(limiter.allowed()).toEqual({ all: 15, unknownSenders: 0 });
  });

  it('stops all senders after failures of listed webhooks and known senders', () => {
    fail([knownSender, listed, knownSender, listed, knownSender]);
    expect(limiter.allowed()).toEqual({ all: 0, unknownSenders: 0 });
  });

  it('does not count failures of unknown senders for other senders', () => {
    fail([...five(unknownSender), ...five(knownSender).slice(1)]);
    expect(limiter.allowed().all).toBe(16);
    fail([knownSender]);
    expect(limiter.allowed().all).toBe(0);
  });

  it('allows one probe, and one of an unknown sender only at its own time', () => {
    fail(five(knownSender));
    pass(1_500);
    expect(limiter.allowed()).toEqual({ all: 1, unknownSenders: 1 });
    limiter.started(unknownSender);
    expect(limiter.allowed()).toEqual({ all: 1, unknownSenders: 0 });
    limiter.started(knownSender);
    expect(limiter.allowed()).toEqual({ all: 0, unknownSenders: 0 });
  });

  it('reports its start and its end once', () => {
    expect(fail(five(knownSender))).toEqual([...five(undefined).slice(1), 'begun']);
    expect(run(knownSender, false)).toBeUndefined();
    expect(run(knownSender, true)).toBe('ended');
    expect(run(knownSender, true)).toBeUndefined();
    expect(limiter.allowed()).toEqual(ALL);
  });

  it('allows all exchanges after an answer to an unknown sender, too', () => {
    fail(five(listed));
    expect(run(unknownSender, true)).toBe('ended');
    expect(limiter.allowed()).toEqual(ALL);
  });

  it('stops unknown senders until one of them gets an answer, whatever Meveto answers others', () => {
    expect(fail(five(unknownSender)).at(-1)).toBe('begun-for-unknown-senders');
    expect(run(knownSender, true)).toBeUndefined();
    expect(limiter.allowed().unknownSenders).toBe(0);
    expect(run(unknownSender, true)).toBe('ended');
    expect(limiter.allowed()).toEqual(ALL);
  });

  it('reports outages of unknown senders at most once a minute, starts and ends together', () => {
    const flap = (pauseMs: number) => {
      pass(pauseMs);
      return [...fail(five(unknownSender)), run(unknownSender, true)];
    };
    const reports = [undefined, undefined, undefined, undefined, 'begun-for-unknown-senders', 'ended'];
    const noReports = reports.map(() => undefined);
    expect([0, 1_500, 58_499, 1, 1_500].map(flap)).toEqual([
      reports,
      noReports,
      noReports,
      reports,
      noReports,
    ]);
    // A general outage is always reported.
    fail(five(knownSender));
    expect(run(unknownSender, true)).toBe('ended');
  });

  it('reports a long outage of unknown senders after a short one, one minute after the first report', () => {
    fail(five(unknownSender));
    pass(10_000);
    run(unknownSender, true);
    const reports = [10_000, 10_000, 29_999, 1, 30_000].map((pauseMs) => {
      pass(pauseMs);
      return fail(five(unknownSender)).find((news) => news !== undefined);
    });
    expect(reports).toEqual([undefined, undefined, undefined, 'begun-for-unknown-senders', undefined]);
    pass(10_000);
    expect(run(unknownSender, true)).toBe('ended');
  });

  it('counts only failures in a row', () => {
    fail(five(unknownSender).slice(1));
    run(knownSender, true);
    fail([unknownSender]);
    expect(limiter.allowed()).toEqual(ALL);
  });
});
