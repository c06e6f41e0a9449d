import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { workerParts } from '../../../../test/support/worker-parts.js';
import { StoreUnavailableError } from '../errors.js';
import { type ExchangeOutcome, TokenExchange } from '../exchange/token-exchange.port.js';
import type { ClaimedCall } from '../inbox/inbox.port.js';
import { KnownLogouts } from '../logout/known-logouts.js';
import { type CallType, LOGGED_OUT, PROTECTION_REMOVED } from '../model/call.js';
import { SystemClock } from '../model/clock.js';
import type { UserToken } from '../model/user-token.js';
import { CallEvents } from '../observe/call-events.js';
import { Counters } from '../observe/counters.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { TokenVault } from '../secrets/token-vault.js';
import { memoryStore } from '../store/memory/memory-store.js';
import type { Store } from '../store/store.port.js';
import type { CallProcessor } from './call-processor.js';

const TOKEN = 'one-time-token';
const LEASE_MS = 8_000;
const EXCHANGE_MS = 5_000;
const away = () => Promise.reject(new StoreUnavailableError('test'));

class FakeExchange extends TokenExchange {
  readonly tokens: string[] = [];
  outcome: ExchangeOutcome = { kind: 'person', mevetoId: 'm-1' };

  override exchange(token: UserToken): Promise<ExchangeOutcome> {
    this.tokens.push(token.reveal());
    return Promise.resolve(this.outcome);
  }
}

describe('a claimed call', () => {
  const log = jest.fn();
  const onProtectionRemoved = jest.fn<(person: { userId: string }) => void>();
  const vault = new TokenVault('client', 'secret');
  let stopping: AbortController;
  let store: Store;
  let exchange: FakeExchange;
  let known: KnownLogouts;
  let counters: Counters;
  let ended: string[];
  let processor: CallProcessor;

  beforeEach(() => {
    log.mockClear();
    onProtectionRemoved.mockReset();
    Logger.overrideLogger({ log, error: log, warn: log });
    stopping = new AbortController();
    const users = { findByMevetoId: (id: string) => (id === 'm-1' ? 1 : undefined) };
    const context = { moduleRef: {} as ModuleRef, clock: new SystemClock(), storeTimeoutMs: 1_000 };
    store = memoryStore({ users }).create({ ...context, digestPerson: (id) => vault.digestPerson(id) });
    exchange = new FakeExchange();
    known = new KnownLogouts();
    counters = new Counters();
    const events = new CallEvents();
    ended = [];
    events.ended$.subscribe(({ state }) => ended.push(state));
    const options = {
      callTtlMs: 60_000,
      exchange: { timeoutMs: EXCHANGE_MS },
      onProtectionRemoved,
    } as unknown as ResolvedOptions;
    ({ processor } = workerParts(store, exchange, vault, options, { events, counters, known }));
  });
  afterEach(() => {
    Logger.overrideLogger(['error']);
  });

  async function claimed(type: CallType = LOGGED_OUT): Promise<ClaimedCall> {
    const digest = vault.digestToken(TOKEN);
    const sealed = vault.seal(TOKEN, digest);
    await store.inbox.receive([{ type, digest, sealed, lane: 'stranger', sender: undefined }]);
    const [call] = await store.inbox.claim(1, LEASE_MS);
    if (call === undefined) throw new Error('nothing was claimed');
    return call;
  }
  const process = (call: ClaimedCall, leaseEndsInMs = LEASE_MS) =>
    processor.process(call, { call, endsAt: performance.now() + leaseEndsInMs }, stopping.signal);
  const calls = async () => (await store.inbox.summary()).calls;

  it('of a known person is applied, announced and counted', async () => {
    const call = await claimed();
    await process(call);
    expect(exchange.tokens).toEqual([TOKEN]);
    expect(await calls()).toMatchObject({ applied: 1, pending: 0 });
    expect(known.loggedOutAt('1')).toBe(call.occurredAt);
    expect(ended).toEqual(['applied']);
    expect(counters.all()).toMatchObject({ exchange_person: 1, call_applied: 1 });
  });

  it('of an unknown person ends as unknown_user', async () => {
    exchange.outcome = { kind: 'person', mevetoId: 'm-2' };
    await process(await claimed());
    expect(await calls()).toMatchObject({ unknown_user: 1, pending: 0 });
    expect(ended).toEqual(['unknown_user']);
    expect(known.loggedOutAt('1')).toBeUndefined();
  });

  it('that removes the protection tells the application, and logs nobody out', async () => {
    onProtectionRemoved.mockImplementation(() => {
      throw new Error('of the application');
    });
    await process(await claimed(PROTECTION_REMOVED));
    expect(await calls()).toMatchObject({ applied: 1, pending: 0 });
    expect(onProtectionRemoved.mock.calls).toEqual([[{ userId: '1' }]]);
    expect(counters.all()).toMatchObject({ protection_removed: 1, call_applied: 1 });
    expect(known.loggedOutAt('1')).toBeUndefined();
  });

  it('whose token is no good is rejected', async () => {
    exchange.outcome = { kind: 'invalid' };
    await process(await claimed());
    expect(await calls()).toMatchObject({ rejected: 1, pending: 0 });
    expect(counters.all()).toMatchObject({ exchange_invalid: 1, call_rejected: 1 });
  });

  it('whose token is no good after an attempt of unknown outcome is ambiguous, and says so', async () => {
    await store.inbox.release(await claimed(), { delayMs: 0, maybeSent: true, reason: 'timeout' });
    exchange.outcome = { kind: 'invalid' };
    await process(await claimed());
    expect(await calls()).toMatchObject({ ambiguous: 1, pending: 0 });
    expect(ended).toEqual(['ambiguous']);
    expect(log.mock.calls[0]?.[0]).toMatch(
      /^Call [\w-]+ is ambiguous: its token was used up by an attempt whose answer was lost\. Asking Meveto’s pending list\.$/,
    );
  });

  it.each([true, false])('without an answer is given back (maybe sent: %s)', async (maybeSent) => {
    exchange.outcome = { kind: 'retry', reason: `${'x'.repeat(64)}too long`, maybeSent };
    const release = jest.spyOn(store.inbox, 'release');
    const call = await claimed();
    await process(call);
    expect(release).toHaveBeenCalledWith(call, {
      delayMs: expect.any(Number),
      maybeSent,
      reason: 'x'.repeat(64),
    });
    const delayMs = release.mock.calls[0]?.[1].delayMs;
    expect(delayMs).toBeGreaterThanOrEqual(500);
    expect(delayMs).toBeLessThanOrEqual(1_000);
    expect(await calls()).toMatchObject({ pending: 1 });
    expect(counters.all()).toMatchObject({ exchange_retry: 1 });
    expect(ended).toEqual([]);
  });

  it.each([
    [7_000, 7_000],
    [3_600_000, 30_000],
  ])('waits as long as Meveto asks, %d ms, but at most half a minute', async (retryAfterMs, delayMs) => {
    exchange.outcome = { kind: 'retry', reason: 'http-429', maybeSent: true, retryAfterMs };
    const release = jest.spyOn(store.inbox, 'release');
    await process(await claimed());
    expect(release.mock.calls[0]?.[1].delayMs).toBe(delayMs);
  });

  it.each([
    ['no attempt may have reached Meveto', false, 0],
    ['an attempt may have used its token up', true, 1],
  ])(
    'that fails again after its time to live expires; where %s that is told',
    async (_what, maybeSent, told) => {
      exchange.outcome = { kind: 'retry', reason: 'http-500', maybeSent };
      const call = await claimed();
      await process({ ...call, receivedTick: call.receivedTick - 60_001 });
      expect(await calls()).toMatchObject({ expired: 1, pending: 0 });
      expect(counters.all()).toMatchObject({ call_expired: 1, call_expired_outcome_unknown: told });
      expect(log).toHaveBeenCalledTimes(told);
    },
  );

  it('that no key opens waits for a process that has the key, says so, and ends unread when it is too old', async () => {
    const digest = vault.digestToken(TOKEN);
    const sealed = new TokenVault('client', 'an older secret').seal(TOKEN, digest);
    await store.inbox.receive([{ type: LOGGED_OUT, digest, sealed, lane: 'stranger', sender: undefined }]);
    await process(await claimed());
    const [waiting] = (await store.inbox.list({ state: 'pending', limit: 2 })).calls;
    expect(waiting).toMatchObject({ reason: 'key-missing' });
    expect(log.mock.calls[0]?.[0]).toMatch(/No key opens the token of a call.*client secret changed\?/);
    await store.inbox.hurry(waiting?.id ?? '');
    const [call] = await store.inbox.claim(1, 10_000);
    if (call === undefined) throw new Error('there is nothing to claim');
    await process({ ...call, receivedTick: call.receivedTick - 60_001 });
    expect(exchange.tokens).toEqual([]);
    expect(await calls()).toMatchObject({ expired: 1, pending: 0 });
    expect(counters.all()).toMatchObject({ call_expired: 1, exchange_invalid: 0 });
    expect(log.mock.calls.at(-1)?.[0]).toMatch(/ended unread: no key opened its token/);
  });

  it('whose lease may end before Meveto has answered is not sent', async () => {
    await process(await claimed(), EXCHANGE_MS - 1);
    expect(exchange.tokens).toEqual([]);
    expect(await calls()).toMatchObject({ pending: 1 });
  });

  it('whose claim was lost meanwhile is only counted', async () => {
    const call = await claimed();
    exchange.outcome = { kind: 'invalid' };
    await process({ ...call, fence: call.fence - 1 });
    expect(await calls()).toMatchObject({ pending: 1 });
    expect(counters.all()).toMatchObject({ call_claim_lost: 1, call_rejected: 0 });
    await store.inbox.finish(call, { state: 'rejected', reason: 'test' });
    exchange.outcome = { kind: 'person', mevetoId: 'm-1' };
    await process({ ...call, fence: call.fence - 1 });
    expect(counters.all()).toMatchObject({ call_claim_lost: 2, call_applied: 0 });
    expect(ended).toEqual([]);
    expect(known.loggedOutAt('1')).toBeUndefined();
  });

  it('is written in the end when the store was away, and exchanged once', async () => {
    const call = await claimed();
    const apply = jest.spyOn(store.register, 'applyLogout');
    apply.mockImplementationOnce(away).mockImplementationOnce(away);
    await process(call);
    expect(apply).toHaveBeenCalledTimes(3);
    expect(exchange.tokens).toHaveLength(1);
    expect(await calls()).toMatchObject({ applied: 1 });
    expect(counters.all()).toMatchObject({ exchange_person: 1, call_applied: 1 });
  });

  it('is rejected in the end when the store was away', async () => {
    exchange.outcome = { kind: 'invalid' };
    const call = await claimed();
    const finish = jest.spyOn(store.inbox, 'finish').mockImplementationOnce(away);
    await process(call);
    expect(finish).toHaveBeenCalledTimes(2);
    expect(await calls()).toMatchObject({ rejected: 1 });
  });

  it('is not waited for any longer once the process must stop', async () => {
    const call = await claimed();
    const apply = jest.spyOn(store.register, 'applyLogout').mockImplementation(away);
    setImmediate(() => {
      stopping.abort();
    });
    await process(call);
    expect(apply.mock.calls.length).toBeLessThanOrEqual(2);
    expect(await calls()).toMatchObject({ pending: 1 });
  });

  it('writes its token into no log', async () => {
    await store.inbox.release(await claimed(), { delayMs: 0, maybeSent: true, reason: 'timeout' });
    exchange.outcome = { kind: 'invalid' };
    await process(await claimed());
    expect(log).toHaveBeenCalled();
    expect(JSON.stringify(log.mock.calls)).not.toContain(TOKEN);
  });
});
