import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { leveledLines } from '../../spec-support/log-lines.js';
import type { ClaimedJob, JobOutcome, ExpiredJobs, Retention } from '../store/inbox-jobs.js';
import { loggedEvents } from '../../spec-support/told-events.js';
import { StoreUnavailableError } from '../store/errors.js';
import { Acknowledgement } from './acknowledgement.js';
import { JobEvents } from './job-events.js';
import { Counters } from '../core/counters.js';
import type { Store } from '../store/store.port.js';
import { UserToken } from '../store/job.js';
import { Housekeeping } from './housekeeping.js';
import { JobLeases } from './leases.js';
import { MemoryTokenStorage } from './memory-token-storage.js';
import { SealedTokenStorage } from './sealed-token-storage.js';
import { TokenMemory } from './token-memory.js';
import { TokenCipher } from '../core/token-cipher.js';
import type { ResolvedInbox } from './options.js';

const options = {
  jobTtlMs: 60_000,
  retentionMs: 3_600_000,
  ambiguousRetentionMs: 86_400_000,
} as ResolvedInbox;

/** The result of a batch that expired so many jobs, the first of them with an unknown outcome. */
function expiredJobs(count: number, outcomeUnknownCount = 0): ExpiredJobs {
  const ids = Array.from({ length: count }, (_, index) => String(index));
  const outcomeUnknownIds = ids.slice(0, outcomeUnknownCount);
  return { ids, agesMs: ids.map(() => 60_000), outcomeUnknownIds, unknownKindCount: 0 };
}

describe('housekeeping', () => {
  const lines = leveledLines();
  const expire = jest.fn<(ttlMs: number, limit: number) => Promise<ExpiredJobs>>();
  const finish = jest.fn<(job: ClaimedJob, outcome: JobOutcome) => Promise<boolean>>();
  let memory: TokenMemory;
  let leases: JobLeases;
  const purge = jest.fn<(retention: Retention, limit: number) => Promise<number>>();
  let counters: Counters;
  let ended: string[];
  beforeEach(() => {
    jest.useFakeTimers();
    expire.mockReset().mockResolvedValue(expiredJobs(0));
    purge.mockReset().mockResolvedValue(0);
    finish.mockReset().mockResolvedValue(true);
    counters = new Counters();
    ended = [];
  });
  afterEach(() => {
    jest.useRealTimers();
  });
  function made(given: Partial<ResolvedInbox> = {}): Housekeeping {
    const events = new JobEvents();
    events.finished$.subscribe(({ state }) => ended.push(state));
    const logoutStore = { now: () => Promise.resolve(Date.now()) };
    const store = { inbox: { expire, purge, finish }, logoutStore } as unknown as Store;
    memory = new TokenMemory();
    const all = { ...options, ...given };
    leases = new JobLeases(store, all);
    const sealed = new SealedTokenStorage(store, new TokenCipher('client', 'secret'), leases, all);
    const tokens = new MemoryTokenStorage(sealed, store, leases, all, memory);
    const acknowledgement = new Acknowledgement(store, events, all);
    return new Housekeeping(store, tokens, acknowledgement, events, loggedEvents(counters), all);
  }

  it('runs once per half minute, however often it is called', async () => {
    const housekeeping = made();
    await housekeeping.run();
    expect(expire).not.toHaveBeenCalled();
    jest.advanceTimersByTime(30_000);
    await housekeeping.run();
    await housekeeping.run();
    expect(expire).toHaveBeenCalledTimes(1);
    expect(expire).toHaveBeenCalledWith(60_000, 200);
  });

  it('warns once, with a remedy, that jobs of unknown kinds expired', async () => {
    expire.mockResolvedValue({ ...expiredJobs(2), unknownKindCount: 1 });
    const housekeeping = made();
    for (let times = 0; times < 2; times += 1) {
      jest.advanceTimersByTime(30_000);
      await housekeeping.run();
    }
    expect(lines).toEqual([
      expect.stringMatching(
        /^warn: \[MEVETO_UNKNOWN_KIND\] .*reason unknown-kind\. .*run it on every replica/,
      ),
      'log: [MEVETO_JOB_EXPIRED] 2 jobs expired in the last ten seconds: 0, 1. See docs/modes.md.',
    ]);
    expect(counters.all()).toMatchObject({ job_expired: 4 });
  });

  it('expires old jobs whose tokens wait in memory, but not jobs in flight', async () => {
    const housekeeping = made();
    const job = (id: string, ageMs: number, earlierAttemptUnknown: boolean) =>
      ({
        id,
        digest: id,
        priority: 'unknown',
        receivedTick: performance.now() - ageMs,
        earlierAttemptUnknown,
      }) as ClaimedJob;
    memory.add(job('in flight', 90_000, false), new UserToken('t'));
    memory.take(1, 1);
    for (const each of [
      job('never asked', 90_000, false),
      job('asked', 90_000, true),
      job('young', 1_000, false),
    ])
      memory.add(each, new UserToken('t'));
    jest.advanceTimersByTime(30_000);
    await housekeeping.run();
    expect(finish.mock.calls.map(([{ id }, { state, reason }]) => [id, state, reason])).toEqual([
      ['never asked', 'expired', 'time-to-live'],
      ['asked', 'expired', 'time-to-live-outcome-unknown'],
    ]);
    expect(memory.waiting().map(({ id }) => id)).toEqual(['young']);
    expect(memory.size).toBe(2);
    expect(ended).toEqual(['expired', 'expired']);
    expect(counters.all()).toMatchObject({ job_expired: 2, job_expired_outcome_unknown: 1 });
    expect(lines).toEqual([
      expect.stringMatching(
        /^error: \[MEVETO_JOB_EXPIRED_OUTCOME_UNKNOWN\] 1 job expired after attempts.* Jobs: asked\.$/,
      ),
    ]);
  });

  it('drops the lease of a job whose outcome could not be persisted, and counts the jobs before it', async () => {
    const housekeeping = made();
    const overdue = ['a', 'b'].map(
      (id) =>
        ({
          id,
          digest: id,
          priority: 'unknown',
          receivedTick: performance.now() - 90_000,
        }) as unknown as ClaimedJob,
    );
    for (const job of overdue) {
      memory.add(job, new UserToken('t'));
      leases.hold(job, performance.now());
    }
    finish.mockResolvedValueOnce(true).mockRejectedValueOnce(new StoreUnavailableError('test'));
    jest.advanceTimersByTime(30_000);
    await housekeeping.run();
    expect(overdue.map((job) => leases.of(job))).toEqual([undefined, undefined]);
    expect(counters.all().job_expired).toBe(1);
  });

  it('keeps finished jobs for their retention, rejected jobs for at most a day, and ambiguous jobs for their own retention', async () => {
    for (const retention of [
      { retentionMs: 3_600_000, ambiguousRetentionMs: 86_400_000 },
      { retentionMs: 604_800_000, ambiguousRetentionMs: 604_800_000 },
    ]) {
      const housekeeping = made(retention);
      jest.advanceTimersByTime(30_000);
      await housekeeping.run();
    }
    const kept = { invalidCount: 100_000, senderMs: 604_800_000 };
    expect(purge.mock.calls).toEqual([
      [{ ...kept, finishedMs: 3_600_000, rejectedMs: 3_600_000, ambiguousMs: 86_400_000 }, 200],
      [{ ...kept, finishedMs: 604_800_000, rejectedMs: 86_400_000, ambiguousMs: 604_800_000 }, 200],
    ]);
  });

  it('deletes in batches while batches are full, up to a bound', async () => {
    const housekeeping = made();
    purge.mockResolvedValueOnce(200).mockResolvedValueOnce(200).mockResolvedValueOnce(199);
    jest.advanceTimersByTime(30_000);
    await housekeeping.run();
    expect(purge).toHaveBeenCalledTimes(3);
    purge.mockResolvedValue(200);
    jest.advanceTimersByTime(30_000);
    await housekeeping.run();
    expect(purge).toHaveBeenCalledTimes(53);
  });

  it('expires old jobs in batches, up to the same bound', async () => {
    const housekeeping = made();
    expire.mockResolvedValueOnce(expiredJobs(200)).mockResolvedValueOnce(expiredJobs(7));
    jest.advanceTimersByTime(30_000);
    await housekeeping.run();
    expect(expire).toHaveBeenCalledTimes(2);
    expect(ended).toHaveLength(207);
    expire.mockResolvedValue(expiredJobs(200));
    jest.advanceTimersByTime(30_000);
    await housekeeping.run();
    expect(expire).toHaveBeenCalledTimes(52);
  });

  it('runs once at a time, and half a minute after the end of the last run', async () => {
    const housekeeping = made();
    let answer: (count: number) => void = () => undefined;
    purge.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
    jest.advanceTimersByTime(30_000);
    const first = housekeeping.run();
    jest.advanceTimersByTime(60_000);
    expect(housekeeping.run()).toBe(first);
    answer(0);
    await first;
    await housekeeping.run();
    expect(expire).toHaveBeenCalledTimes(1);
  });

  it('is repeated after the store was unavailable, with one warning', async () => {
    const housekeeping = made();
    expire.mockRejectedValueOnce(new StoreUnavailableError('expire'));
    jest.advanceTimersByTime(30_000);
    await housekeeping.run();
    expect(purge).not.toHaveBeenCalled();
    jest.advanceTimersByTime(30_000);
    await housekeeping.run();
    expect(purge).toHaveBeenCalledTimes(1);
    expect(lines).toEqual([
      expect.stringMatching(/^warn: \[MEVETO_HOUSEKEEPING_FAILED\] Old jobs could not be expired or deleted/),
      'log: [MEVETO_HOUSEKEEPING_RECOVERED] Old jobs can be expired and deleted again.',
    ]);
    expire.mockRejectedValue(new StoreUnavailableError('expire'));
    for (let times = 0; times < 3; times += 1) {
      jest.advanceTimersByTime(30_000);
      await housekeeping.run();
    }
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatch(/^warn: /);
  });

  it('ends with the current batch when it is stopped', async () => {
    const housekeeping = made();
    let answer: (count: number) => void = () => undefined;
    purge.mockReturnValue(new Promise((resolve) => (answer = resolve)));
    jest.advanceTimersByTime(30_000);
    void housekeeping.run();
    await jest.advanceTimersByTimeAsync(0);
    const stopped = jest.fn();
    const stopping = housekeeping.stop().then(stopped);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(stopped).not.toHaveBeenCalled();
    answer(200);
    await stopping;
    jest.advanceTimersByTime(60_000);
    await housekeeping.run();
    expect(purge).toHaveBeenCalledTimes(1);
    expect(expire).toHaveBeenCalledTimes(1);
  });

  it('counts expired jobs, and reports jobs whose tokens may be used up', async () => {
    const housekeeping = made();
    expire.mockResolvedValueOnce(expiredJobs(3));
    jest.advanceTimersByTime(30_000);
    await housekeeping.run();
    expect(ended).toEqual(['expired', 'expired', 'expired']);
    expect(lines).toEqual([]);
    expire.mockResolvedValueOnce(expiredJobs(2, 1));
    jest.advanceTimersByTime(30_000);
    expect(lines).toEqual([
      'log: [MEVETO_JOB_EXPIRED] 3 jobs expired in the last ten seconds: 0, 1, 2. See docs/modes.md.',
    ]);
    await housekeeping.run();
    expect(lines[1]).toMatch(
      /^error: \[MEVETO_JOB_EXPIRED_OUTCOME_UNKNOWN\] 1 job expired after attempts with an unknown outcome/,
    );
    expect(counters.all()).toMatchObject({ job_expired: 5, job_expired_outcome_unknown: 1 });
  });
});
