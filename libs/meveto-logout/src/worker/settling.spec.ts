import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { workerParts } from '../../../../test/support/worker-parts.js';
import { StoreUnavailableError } from '../errors.js';
import { type ExchangeOutcome, TokenExchange } from '../exchange/token-exchange.port.js';
import type { ClaimedCall } from '../inbox/inbox.port.js';
import { LOGGED_OUT } from '../model/call.js';
import { UserToken } from '../model/user-token.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { TokenVault } from '../secrets/token-vault.js';
import { memoryStore } from '../store/memory/memory-store.js';
import type { Store } from '../store/store.port.js';

const TOKEN = 'one-time-token';
const LEASE_MS = 8_000;
const EXCHANGE_MS = 5_000;
const CALL_TTL_MS = 60_000;
const RETRY = { kind: 'retry', reason: 'http-500', maybeSent: true } as const;

class FakeExchange extends TokenExchange {
  count = 0;
  outcome: ExchangeOutcome = { kind: 'person', mevetoId: 'm-1' };

  override exchange(): Promise<ExchangeOutcome> {
    this.count += 1;
    return Promise.resolve(this.outcome);
  }
}

describe('writing down what became of a call', () => {
  const log = jest.fn();
  const vault = new TokenVault('client', 'secret');
  const digest = vault.digestToken(TOKEN);
  let now: number;
  let stopping: AbortController;
  let store: Store;
  let exchange: FakeExchange;
  let parts: ReturnType<typeof workerParts>;
  let rejected: string[];
  let options: ResolvedOptions;

  beforeEach(() => {
    now = Date.now();
    jest.useFakeTimers({ now, doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    log.mockClear();
    Logger.overrideLogger({ log, error: log, warn: log });
    stopping = new AbortController();
    store = memoryStore({ users: { findByMevetoId: (id) => (id === 'm-1' ? 1 : undefined) } }).create({
      moduleRef: {} as ModuleRef,
      clock: { now: () => Date.now() },
      storeTimeoutMs: 1_000,
      digestPerson: (id) => vault.digestPerson(id),
    });
    exchange = new FakeExchange();
    options = {
      callTtlMs: CALL_TTL_MS,
      leaseMs: LEASE_MS,
      exchange: { timeoutMs: EXCHANGE_MS },
    } as unknown as ResolvedOptions;
    parts = workerParts(store, exchange, vault, options);
    rejected = [];
    parts.events.rejected$.subscribe((each) => rejected.push(each));
  });
  afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
    Logger.overrideLogger(['error']);
  });

  async function claimed(sealed: string | undefined = vault.seal(TOKEN, digest)): Promise<ClaimedCall> {
    await store.inbox.receive([{ type: LOGGED_OUT, digest, sealed, lane: 'stranger', sender: undefined }]);
    const [call] = await store.inbox.claim(1, LEASE_MS);
    if (call === undefined) throw new Error('nothing was claimed');
    return call;
  }
  const letLive = (callTtlMs: number): void => {
    Object.assign(options, { callTtlMs });
  };
  const process = (call: ClaimedCall, leaseEndsInMs = LEASE_MS) =>
    parts.processor.process(call, { call, endsAt: performance.now() + leaseEndsInMs }, stopping.signal);
  const away = () => Promise.reject(new StoreUnavailableError('test'));

  it('is tried with growing pauses, complained of once, and given up after the time to live', async () => {
    jest.useRealTimers();
    const call = await claimed();
    letLive(3_000);
    const triedAt: number[] = [];
    const startedAt = performance.now();
    jest.spyOn(store.register, 'applyLogout').mockImplementation(() => {
      triedAt.push(performance.now() - startedAt);
      return away();
    });
    await process(call);
    const pauses = triedAt.slice(1).map((at, index) => at - (triedAt[index] ?? 0));
    for (const [index, least] of [100, 200, 400, 800, 1_000].entries())
      expect(pauses[index]).toBeGreaterThan(least - 10);
    // A busy machine may leave time for fewer.
    expect(pauses.length).toBeGreaterThanOrEqual(5);
    expect(pauses.length).toBeLessThanOrEqual(6);
    expect(log.mock.calls.map(([text]) => text as string)).toEqual([
      expect.stringMatching(
        /^The outcome of call [\w-]+ cannot be written and is tried again every second\./,
      ),
      expect.stringMatching(/^Meveto’s answer to call [\w-]+ could not be written, and cannot be had again/),
    ]);
    expect(exchange.count).toBe(1);
  });

  it('is over in the middle of a pause when the process must stop', async () => {
    const call = await claimed();
    jest.spyOn(store.register, 'applyLogout').mockImplementation(away);
    const done = jest.fn();
    void process(call).then(done);
    await jest.advanceTimersByTimeAsync(3_000);
    expect(done).not.toHaveBeenCalled();
    stopping.abort();
    await jest.advanceTimersByTimeAsync(1);
    expect(done).toHaveBeenCalledTimes(1);
    expect(log.mock.calls.at(-1)?.[0]).toContain('could not be written before this process stopped');
  });

  it('tells of a rejected token, and of no other end', async () => {
    exchange.outcome = { kind: 'invalid' };
    await process(await claimed());
    expect(rejected).toEqual([digest]);
  });

  it('tells nobody of a rejected token where the token may be used up', async () => {
    exchange.outcome = { kind: 'invalid' };
    const call = await claimed();
    await process({ ...call, earlierAttemptUnknown: true });
    expect((await store.inbox.summary()).calls).toMatchObject({ ambiguous: 1 });
    expect(rejected).toEqual([]);
    expect(parts.counters.all()).toMatchObject({ exchange_invalid: 1, protection_removed: 0 });
  });

  it('says of a token that went with its process what it was, and counts no answer of Meveto', async () => {
    await store.inbox.receiveHeld(
      [{ type: LOGGED_OUT, digest, sealed: undefined, lane: 'stranger', sender: undefined }],
      LEASE_MS,
    );
    await jest.advanceTimersByTimeAsync(LEASE_MS);
    const [call] = await store.inbox.claim(1, LEASE_MS);
    if (call === undefined) throw new Error('nothing was claimed');
    await process(call);
    expect(exchange.count).toBe(0);
    const [record] = (await store.inbox.list({ state: 'ambiguous', limit: 1 })).calls;
    expect(record?.reason).toBe('token-lost');
    expect(log.mock.calls[0]?.[0]).toContain('its token was in the memory of a process that is gone');
    expect(parts.counters.all()).toMatchObject({ call_ambiguous: 1, exchange_invalid: 0 });
  });

  it('goes on with a token that has come again while it was found lost', async () => {
    const call = { type: LOGGED_OUT, digest, lane: 'stranger', sender: undefined } as const;
    await store.inbox.receiveHeld([{ ...call, sealed: undefined }], LEASE_MS);
    await jest.advanceTimersByTimeAsync(LEASE_MS);
    const [taken] = await store.inbox.claim(1, LEASE_MS);
    if (taken === undefined) throw new Error('nothing was claimed');
    await store.inbox.receive([{ ...call, sealed: 'sealed' }]);
    await process(taken);
    expect((await store.inbox.summary()).calls).toMatchObject({ pending: 1, ambiguous: 0 });
    expect(parts.counters.all()).toMatchObject({ call_ambiguous: 0, call_claim_lost: 0 });
    expect(await store.inbox.claim(1, LEASE_MS)).toEqual([
      expect.objectContaining({ id: taken.id, sealed: 'sealed', earlierAttemptUnknown: true }),
    ]);
  });

  it('takes the token from this process’s memory where it is kept there', async () => {
    const { held } = await store.inbox.receiveHeld(
      [{ type: LOGGED_OUT, digest, sealed: undefined, lane: 'stranger', sender: undefined }],
      LEASE_MS,
    );
    const [call] = held;
    if (call === undefined) throw new Error('nothing is held');
    parts.memory.add(call, new UserToken(TOKEN));
    await process(call);
    expect((await store.inbox.summary()).calls).toMatchObject({ applied: 1 });
    expect(parts.counters.all()).toMatchObject({ call_applied: 1, protection_removed: 0 });
  });

  it('asks within a lease that is just long enough, and renews none for it', async () => {
    const renew = jest.spyOn(parts.leases, 'renew');
    await process(await claimed(), EXCHANGE_MS);
    expect(exchange.count).toBe(1);
    expect(renew).not.toHaveBeenCalled();
  });

  it('gives a call back unsent whose lease is too short and cannot be renewed', async () => {
    const renew = jest.spyOn(parts.leases, 'renew');
    const release = jest.spyOn(store.inbox, 'release');
    const call = await claimed();
    await process(call, EXCHANGE_MS - 1);
    expect(renew).toHaveBeenCalledTimes(1);
    expect(release).toHaveBeenCalledWith(call, {
      delayMs: expect.any(Number),
      maybeSent: false,
      reason: 'lease-over',
    });
  });

  it.each([
    ['half a minute at most', 60_000, [15_000, 30_000]],
    ['five minutes at most after ten', 1_800_000, [150_000, 300_000]],
  ])('pauses for %s, however many attempts there were', async (_what, ageMs, [least, most]) => {
    exchange.outcome = RETRY;
    const release = jest.spyOn(store.inbox, 'release');
    const call = await claimed();
    letLive(86_400_000);
    await process({ ...call, attempts: 30, receivedTick: call.receivedTick - ageMs });
    const delayMs = release.mock.calls[0]?.[1].delayMs;
    expect(delayMs).toBeGreaterThanOrEqual(least ?? 0);
    expect(delayMs).toBeLessThanOrEqual(most ?? 0);
  });

  it('lets a call live to the last millisecond of its time', async () => {
    exchange.outcome = RETRY;
    const call = await claimed();
    await process({ ...call, receivedTick: performance.now() - CALL_TTL_MS });
    expect((await store.inbox.summary()).calls).toMatchObject({ pending: 1, expired: 0 });
  });
});
