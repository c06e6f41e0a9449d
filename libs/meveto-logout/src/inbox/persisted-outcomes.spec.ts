import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { connectedStore } from '../../spec-support/connected-store.js';
import { leveledLines } from '../../spec-support/log-lines.js';
import { workerParts } from '../../spec-support/worker-parts.js';
import { StoreUnavailableError } from '../store/errors.js';
import { type ExchangeOutcome, TokenExchange } from './token-exchange.port.js';
import type { ClaimedJob } from '../store/inbox-jobs.js';
import { LOGOUT, UserToken } from '../store/job.js';
import { keysOf } from '../core/open-keys.js';
import { memoryStore } from '../store/memory/memory-store.js';
import type { Store } from '../store/store.port.js';
import type { JobFinished } from './job-events.js';
import type { ResolvedInbox } from './options.js';

const TOKEN = 'one-time-token';
const LEASE_MS = 8_000;
const EXCHANGE_MS = 5_000;
const JOB_TTL_MS = 60_000;
const RETRY = { kind: 'retry', reason: 'http-500', maybeSent: true } as const;

class FakeExchange extends TokenExchange {
  override readonly deadlineMs = EXCHANGE_MS;
  count = 0;
  outcome: ExchangeOutcome = { kind: 'person', mevetoId: 'm-1' };

  override exchange(): Promise<ExchangeOutcome> {
    this.count += 1;
    return Promise.resolve(this.outcome);
  }
}

describe('persisting the outcome of a job', () => {
  const lines = leveledLines();
  const { cipher, digests } = keysOf('client', 'secret');
  const digest = digests.ofToken(TOKEN);
  let now: number;
  let stopping: AbortController;
  let store: Store;
  let exchange: FakeExchange;
  let parts: ReturnType<typeof workerParts>;
  let finished: JobFinished[];
  let options: ResolvedInbox;

  beforeEach(async () => {
    now = Date.now();
    jest.useFakeTimers({ now, doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    stopping = new AbortController();
    store = await connectedStore(memoryStore({ users: [{ id: 1, mevetoId: 'm-1' }] }), (id) =>
      digests.ofSubject(id),
    );
    exchange = new FakeExchange();
    options = {
      jobTtlMs: JOB_TTL_MS,
      leaseMs: LEASE_MS,
    } as unknown as ResolvedInbox;
    parts = workerParts(store, exchange, cipher, options);
    finished = [];
    parts.events.finished$.subscribe((each) => finished.push(each));
  });
  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  async function claimed(sealed: string | undefined = cipher.seal(TOKEN, digest)): Promise<ClaimedJob> {
    await store.inbox.receive([{ kind: LOGOUT, digest, sealed, priority: 'unknown', sender: undefined }]);
    const [job] = await store.inbox.claim(1, LEASE_MS);
    if (job === undefined) throw new Error('nothing was claimed');
    return job;
  }
  const letLive = (jobTtlMs: number): void => {
    Object.assign(options, { jobTtlMs });
  };
  const process = (job: ClaimedJob, leaseEndsInMs = LEASE_MS) =>
    parts.processor.process(job, { job, endsAt: performance.now() + leaseEndsInMs }, stopping.signal);
  const away = () => Promise.reject(new StoreUnavailableError('test'));

  it('is repeated with growing pauses, reported once, and given up after the time to live', async () => {
    jest.useRealTimers();
    const job = await claimed();
    letLive(3_000);
    const triedAt: number[] = [];
    const startedAt = performance.now();
    jest.spyOn(store.logoutStore, 'applyLogouts').mockImplementation(() => {
      triedAt.push(performance.now() - startedAt);
      return away();
    });
    await process(job);
    const pauses = triedAt.slice(1).map((at, index) => at - (triedAt[index] ?? 0));
    for (const [index, least] of [100, 200, 400, 800, 1_000].entries())
      expect(pauses[index]).toBeGreaterThan(least - 10);
    // A busy machine may have time for fewer attempts.
    expect(pauses.length).toBeGreaterThanOrEqual(5);
    expect(pauses.length).toBeLessThanOrEqual(6);
    expect(lines).toEqual([
      expect.stringMatching(
        /^error: \[MEVETO_ANSWER_NOT_STORED\] The outcome of job [\w-]+ cannot be stored\. Trying again every second\./,
      ),
      expect.stringMatching(
        /^error: \[MEVETO_ANSWER_LOST\] Meveto’s answer for job [\w-]+ could not be stored, and Meveto gives it only once/,
      ),
    ]);
    expect(exchange.count).toBe(1);
  });

  it('ends during a pause when the process must stop', async () => {
    const job = await claimed();
    jest.spyOn(store.logoutStore, 'applyLogouts').mockImplementation(away);
    const done = jest.fn();
    void process(job).then(done);
    await jest.advanceTimersByTimeAsync(3_000);
    expect(done).not.toHaveBeenCalled();
    stopping.abort();
    await jest.advanceTimersByTimeAsync(1);
    expect(done).toHaveBeenCalledTimes(1);
    expect(lines.at(-1)).toMatch(
      /^error: \[MEVETO_ANSWER_LOST\] .* could not be stored before this process stopped/,
    );
  });

  it('emits an event with the state and the digest of a rejected token', async () => {
    exchange.outcome = { kind: 'invalid' };
    await process(await claimed());
    expect(finished).toEqual([{ state: 'rejected', digest }]);
  });

  it('does not report a token as rejected that may be used up', async () => {
    exchange.outcome = { kind: 'invalid' };
    const job = await claimed();
    await process({ ...job, earlierAttemptUnknown: true });
    expect((await store.inbox.summary()).jobs).toMatchObject({ ambiguous: 1 });
    expect(finished).toEqual([{ state: 'ambiguous', digest }]);
    expect(parts.counters.all()).toMatchObject({ exchange_invalid: 1, protection_removed: 0 });
  });

  it('reports a token that was lost with its process, and counts no answer of Meveto', async () => {
    await store.inbox.receiveLeased(
      [{ kind: LOGOUT, digest, sealed: undefined, priority: 'unknown', sender: undefined }],
      LEASE_MS,
    );
    await jest.advanceTimersByTimeAsync(LEASE_MS);
    const [job] = await store.inbox.claim(1, LEASE_MS);
    if (job === undefined) throw new Error('nothing was claimed');
    await process(job);
    expect(exchange.count).toBe(0);
    const [record] = (await store.inbox.list({ state: 'ambiguous', limit: 1 })).jobs;
    expect(record?.reason).toBe('token-lost');
    expect(lines[0]).toMatch(
      /^warn: \[MEVETO_JOB_AMBIGUOUS\] .*its token was in the memory of a process that no longer runs/,
    );
    expect(parts.counters.all()).toMatchObject({ job_ambiguous: 1, exchange_invalid: 0 });
  });

  it('continues with a token that arrived again before it was recorded as lost', async () => {
    const job = { kind: LOGOUT, digest, priority: 'unknown', sender: undefined } as const;
    await store.inbox.receiveLeased([{ ...job, sealed: undefined }], LEASE_MS);
    await jest.advanceTimersByTimeAsync(LEASE_MS);
    const [taken] = await store.inbox.claim(1, LEASE_MS);
    if (taken === undefined) throw new Error('nothing was claimed');
    await store.inbox.receive([{ ...job, sealed: 'sealed' }]);
    await process(taken);
    expect((await store.inbox.summary()).jobs).toMatchObject({ pending: 1, ambiguous: 0 });
    expect(parts.counters.all()).toMatchObject({ job_ambiguous: 0, job_claim_lost: 0 });
    expect(await store.inbox.claim(1, LEASE_MS)).toEqual([
      expect.objectContaining({ id: taken.id, sealed: 'sealed', earlierAttemptUnknown: true }),
    ]);
  });

  it('uses the token from the memory of this process', async () => {
    const { leased } = await store.inbox.receiveLeased(
      [{ kind: LOGOUT, digest, sealed: undefined, priority: 'unknown', sender: undefined }],
      LEASE_MS,
    );
    const [job] = leased;
    if (job === undefined) throw new Error('no job is leased');
    parts.memory.add(job, new UserToken(TOKEN));
    await process(job);
    expect((await store.inbox.summary()).jobs).toMatchObject({ applied: 1 });
    expect(parts.counters.all()).toMatchObject({ job_applied: 1, protection_removed: 0 });
  });

  it('does not renew a lease that is just long enough', async () => {
    const renew = jest.spyOn(parts.leases, 'renew');
    await process(await claimed(), EXCHANGE_MS);
    expect(exchange.count).toBe(1);
    expect(renew).not.toHaveBeenCalled();
  });

  it('releases a job unsent when its lease is too short and cannot be renewed', async () => {
    const renew = jest.spyOn(parts.leases, 'renew');
    const release = jest.spyOn(store.inbox, 'release');
    const job = await claimed();
    await process(job, EXCHANGE_MS - 1);
    expect(renew).toHaveBeenCalledTimes(1);
    expect(release).toHaveBeenCalledWith(job, {
      delayMs: expect.any(Number),
      maybeSent: false,
      reason: 'lease-over',
    });
  });

  it.each([
    ['half a minute at most', 60_000, [15_000, 30_000]],
    ['five minutes at most after ten', 1_800_000, [150_000, 300_000]],
  ])('pauses for %s, after any number of attempts', async (_what, ageMs, [least, most]) => {
    exchange.outcome = RETRY;
    const release = jest.spyOn(store.inbox, 'release');
    const job = await claimed();
    letLive(86_400_000);
    await process({ ...job, attempts: 30, receivedTick: job.receivedTick - ageMs });
    const delayMs = release.mock.calls[0]?.[1].delayMs;
    expect(delayMs).toBeGreaterThanOrEqual(least ?? 0);
    expect(delayMs).toBeLessThanOrEqual(most ?? 0);
  });

  it('keeps a job until the last millisecond of its time to live', async () => {
    exchange.outcome = RETRY;
    const job = await claimed();
    await process({ ...job, receivedTick: performance.now() - JOB_TTL_MS });
    expect((await store.inbox.summary()).jobs).toMatchObject({ pending: 1, expired: 0 });
  });
});
