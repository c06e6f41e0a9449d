import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { connectedStore } from '../../spec-support/connected-store.js';
import type { ClaimedJob, IncomingJob } from '../store/inbox-jobs.js';
import { TokenCipher } from '../core/token-cipher.js';
import { UserToken } from '../store/job.js';
import { memoryStore } from '../store/memory/memory-store.js';
import type { Store } from '../store/store.port.js';
import { failureOf } from './backoff.js';
import { JobLeases } from './leases.js';
import { MemoryTokenStorage } from './memory-token-storage.js';
import { SealedTokenStorage } from './sealed-token-storage.js';
import { TokenMemory } from './token-memory.js';
import type { ResolvedInbox } from './options.js';

const LEASE_MS = 10_000;
const FAILURE = { kind: 'retry', reason: 'http-500', maybeSent: true } as const;

describe('an attempt without an answer that counts', () => {
  let store: Store;
  let memory: TokenMemory;
  let leases: JobLeases;
  let tokens: MemoryTokenStorage;
  let now: number;
  beforeEach(async () => {
    jest.useFakeTimers();
    now = 1_000_000;
    store = await connectedStore(memoryStore({ clock: { now: () => now } }));
    memory = new TokenMemory();
    const options = { leaseMs: LEASE_MS } as ResolvedInbox;
    leases = new JobLeases(store, options);
    const sealed = new SealedTokenStorage(store, new TokenCipher('client', 'secret'), leases, options);
    tokens = new MemoryTokenStorage(sealed, store, leases, options, memory);
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const incoming = (sealed: string | undefined): IncomingJob => ({
    kind: 'logout',
    digest: 'digest',
    sealed,
    priority: 'unknown',
    sender: undefined,
  });
  async function leased(): Promise<ClaimedJob> {
    const { leased: jobs } = await store.inbox.receiveLeased([incoming(undefined)], LEASE_MS);
    const [job] = jobs;
    if (job === undefined) throw new Error('no job is leased');
    memory.add(job, new UserToken('token'));
    leases.hold(job, performance.now());
    memory.take(1, 1);
    return job;
  }
  const failed = (job: ClaimedJob, outcome: Parameters<typeof failureOf>[1]) =>
    tokens.afterFailure(job, failureOf(job, outcome));
  const passTime = (ms: number): void => {
    now += ms;
    jest.advanceTimersByTime(ms);
  };

  it('releases a job with a sealed token for any process, after a pause', async () => {
    await store.inbox.receive([incoming('sealed')]);
    const [job] = await store.inbox.claim(1, LEASE_MS);
    if (job === undefined) throw new Error('nothing to claim');
    await failed(job, { ...FAILURE, retryAfterMs: 5_000 });
    now += 4_999;
    expect(await store.inbox.claim(1, LEASE_MS)).toEqual([]);
    now += 1;
    expect(await store.inbox.claim(1, LEASE_MS)).toMatchObject([
      { attempts: 2, earlierAttemptUnknown: true },
    ]);
    expect(memory.size).toBe(0);
  });

  it('keeps a job with its token in memory in this process, and records the next attempt', async () => {
    const job = await leased();
    await failed(job, { ...FAILURE, retryAfterMs: 5_000 });
    expect(await store.inbox.claim(1, LEASE_MS)).toEqual([]);
    expect(memory.waiting()).toEqual([{ ...job, attempts: 2, earlierAttemptUnknown: true }]);
    passTime(4_999);
    expect(memory.hasDue()).toBe(false);
    passTime(1);
    expect(memory.take(1, 1)).toMatchObject([{ attempts: 2 }]);
  });

  it('has a known outcome when Meveto cannot have seen the token', async () => {
    await failed(await leased(), { ...FAILURE, maybeSent: false });
    expect(memory.waiting()).toMatchObject([{ attempts: 2, earlierAttemptUnknown: false }]);
  });

  it('takes a job back that another process could not exchange without its token', async () => {
    const job = await leased();
    // This process was paused, so that it renewed no lease.
    now += LEASE_MS;
    const [theirs] = await store.inbox.claim(1, LEASE_MS);
    if (theirs === undefined) throw new Error('no other process could claim the job');
    await store.inbox.finish(theirs, { state: 'ambiguous', reason: 'token-lost' });
    await failed(job, { ...FAILURE, retryAfterMs: 5_000 });
    const [waiting] = memory.waiting();
    expect(waiting).toMatchObject({ id: job.id, earlierAttemptUnknown: true });
    expect(waiting?.fence).toBeGreaterThan(theirs.fence);
    expect(memory.tokenOf(job)?.reveal()).toBe('token');
    expect(leases.of(job)).toMatchObject({ job: waiting, endsAt: performance.now() + LEASE_MS });
    expect((await store.inbox.summary()).jobs).toMatchObject({ pending: 1, ambiguous: 0 });
    passTime(5_000);
    expect(memory.take(1, 1)).toEqual([waiting]);
  });

  it('does not change a job that another process has finished', async () => {
    const job = await leased();
    // This process was paused, so that it renewed no lease.
    now += LEASE_MS;
    const [theirs] = await store.inbox.claim(1, LEASE_MS);
    if (theirs === undefined) throw new Error('no other process could claim the job');
    await store.inbox.finish(theirs, { state: 'rejected', reason: 'test' });
    await failed(job, FAILURE);
    expect(memory.waiting()).toEqual([]);
    expect((await store.inbox.summary()).jobs).toMatchObject({ pending: 0, rejected: 1 });
    memory.done(job);
    expect(memory.size).toBe(0);
  });
});
