import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ModuleRef } from '@nestjs/core';
import type { ClaimedCall, IncomingCall } from '../inbox/inbox.port.js';
import { UserToken } from '../model/user-token.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { memoryStore } from '../store/memory/memory-store.js';
import type { Store } from '../store/store.port.js';
import { FailedAttempts } from './failed-attempts.js';
import { Leases } from './leases.js';
import { TokenMemory } from './token-memory.js';

const LEASE_MS = 10_000;
const FAILURE = { kind: 'retry', reason: 'http-500', maybeSent: true } as const;

describe('an attempt without an answer that counts', () => {
  let store: Store;
  let memory: TokenMemory;
  let leases: Leases;
  let failed: FailedAttempts;
  let now: number;
  beforeEach(() => {
    jest.useFakeTimers();
    now = 1_000_000;
    store = memoryStore({ users: { findByMevetoId: () => undefined } }).create({
      moduleRef: {} as ModuleRef,
      clock: { now: () => now },
      storeTimeoutMs: 1_000,
      digestPerson: (mevetoId) => mevetoId,
    });
    memory = new TokenMemory();
    const options = { leaseMs: LEASE_MS } as ResolvedOptions;
    leases = new Leases(store, options);
    failed = new FailedAttempts(store, memory, leases, options);
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const incoming = (sealed: string | undefined): IncomingCall => ({
    type: 'User_Logged_Out',
    digest: 'digest',
    sealed,
    lane: 'stranger',
    sender: undefined,
  });
  async function held(): Promise<ClaimedCall> {
    const { held: calls } = await store.inbox.receiveHeld([incoming(undefined)], LEASE_MS);
    const [call] = calls;
    if (call === undefined) throw new Error('nothing is held');
    memory.add(call, new UserToken('token'));
    leases.hold(call, performance.now());
    memory.take(1, 1);
    return call;
  }
  const passTime = (ms: number): void => {
    now += ms;
    jest.advanceTimersByTime(ms);
  };

  it('of a sealed token gives the call back to all, to be tried after a pause', async () => {
    await store.inbox.receive([incoming('sealed')]);
    const [call] = await store.inbox.claim(1, LEASE_MS);
    if (call === undefined) throw new Error('nothing to claim');
    await failed.record(call, { ...FAILURE, retryAfterMs: 5_000 });
    now += 4_999;
    expect(await store.inbox.claim(1, LEASE_MS)).toEqual([]);
    now += 1;
    expect(await store.inbox.claim(1, LEASE_MS)).toMatchObject([
      { attempts: 2, earlierAttemptUnknown: true },
    ]);
    expect(memory.size).toBe(0);
  });

  it('of a token in memory keeps the call with this process, its next attempt marked', async () => {
    const call = await held();
    await failed.record(call, { ...FAILURE, retryAfterMs: 5_000 });
    expect(await store.inbox.claim(1, LEASE_MS)).toEqual([]);
    expect(memory.waiting()).toEqual([{ ...call, attempts: 2, earlierAttemptUnknown: true }]);
    passTime(4_999);
    expect(memory.hasDue()).toBe(false);
    passTime(1);
    expect(memory.take(1, 1)).toMatchObject([{ attempts: 2 }]);
  });

  it('is not in doubt when Meveto cannot have seen the token', async () => {
    await failed.record(await held(), { ...FAILURE, maybeSent: false });
    expect(memory.waiting()).toMatchObject([{ attempts: 2, earlierAttemptUnknown: false }]);
  });

  it('takes a call back that another process could do nothing with: here is its token', async () => {
    const call = await held();
    // No renewal comes in between: this process stood still.
    now += LEASE_MS;
    const [theirs] = await store.inbox.claim(1, LEASE_MS);
    if (theirs === undefined) throw new Error('nobody else could claim it');
    await store.inbox.finish(theirs, { state: 'ambiguous', reason: 'token-lost' });
    await failed.record(call, { ...FAILURE, retryAfterMs: 5_000 });
    const [waiting] = memory.waiting();
    expect(waiting).toMatchObject({ id: call.id, earlierAttemptUnknown: true });
    expect(waiting?.fence).toBeGreaterThan(theirs.fence);
    expect(memory.tokenOf(call)?.reveal()).toBe('token');
    expect(leases.of(call)).toMatchObject({ call: waiting, endsAt: performance.now() + LEASE_MS });
    expect((await store.inbox.summary()).calls).toMatchObject({ pending: 1, ambiguous: 0 });
    passTime(5_000);
    expect(memory.take(1, 1)).toEqual([waiting]);
  });

  it('leaves a call alone that another process has ended for good', async () => {
    const call = await held();
    // No renewal comes in between: this process stood still.
    now += LEASE_MS;
    const [theirs] = await store.inbox.claim(1, LEASE_MS);
    if (theirs === undefined) throw new Error('nobody else could claim it');
    await store.inbox.finish(theirs, { state: 'rejected', reason: 'test' });
    await failed.record(call, FAILURE);
    expect(memory.waiting()).toEqual([]);
    expect((await store.inbox.summary()).calls).toMatchObject({ pending: 0, rejected: 1 });
    memory.done(call);
    expect(memory.size).toBe(0);
  });
});
