import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { workerParts } from '../../../../test/support/worker-parts.js';
import { type ExchangeOutcome, TokenExchange } from '../exchange/token-exchange.port.js';
import type { IncomingCall } from '../inbox/inbox.port.js';
import { LOGGED_OUT } from '../model/call.js';
import { SystemClock } from '../model/clock.js';
import type { Lane } from '../model/lane.js';
import type { UserToken } from '../model/user-token.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { TokenVault } from '../secrets/token-vault.js';
import { memoryStore } from '../store/memory/memory-store.js';
import type { Store } from '../store/store.port.js';
import type { CallProcessor } from './call-processor.js';

/** A gateway before Meveto that turns one token away; Meveto calls the others bad. */
class Gateway extends TokenExchange {
  askedCount = 0;
  refusal = 'http-403';

  override exchange(token: UserToken): Promise<ExchangeOutcome> {
    if (token.reveal() !== 'attack') return Promise.resolve({ kind: 'invalid' });
    this.askedCount += 1;
    return Promise.resolve({ kind: 'retry', reason: this.refusal, maybeSent: true });
  }
}

describe('a call that is turned away again and again', () => {
  const warn = jest.fn();
  const vault = new TokenVault('client', 'secret');
  let gateway: Gateway;
  let store: Store;
  let processor: CallProcessor;
  beforeEach(() => {
    warn.mockClear();
    Logger.overrideLogger({ log: warn, error: warn, warn });
    gateway = new Gateway();
    store = memoryStore({ users: { findByMevetoId: () => 1 } }).create({
      moduleRef: {} as ModuleRef,
      clock: new SystemClock(),
      storeTimeoutMs: 1_000,
      digestPerson: (id) => id,
    });
    const options = { callTtlMs: 60_000, exchange: { timeoutMs: 1_000 } } as unknown as ResolvedOptions;
    ({ processor } = workerParts(store, gateway, vault, options));
  });
  afterEach(() => {
    Logger.overrideLogger(['error']);
  });

  const callOf = (token: string, lane: Lane): IncomingCall => {
    const digest = vault.digestToken(token);
    return { type: LOGGED_OUT, digest, sealed: vault.seal(token, digest), lane, sender: undefined };
  };
  async function work(): Promise<void> {
    const [call] = await store.inbox.claim(1, 10_000);
    if (call === undefined) throw new Error('there is nothing to claim');
    const lease = { call, endsAt: performance.now() + 10_000 };
    await processor.process(call, lease, new AbortController().signal);
  }
  async function answerAnother(): Promise<void> {
    await store.inbox.receive([callOf('another', 'stranger')]);
    await work();
  }
  async function tryIt(lane: Lane, times: number): Promise<void> {
    await store.inbox.receive([callOf('attack', lane)]);
    for (let tried = 0; tried < times; tried += 1) {
      const [call] = (await store.inbox.list({ state: 'pending', limit: 1 })).calls;
      await store.inbox.hurry(call?.id ?? '');
      await work();
    }
  }
  const expired = async () =>
    (await store.inbox.list({ state: 'expired', limit: 5 })).calls.map(({ reason }) => reason);

  it('expires while Meveto answers others, says so once, and goes on when it comes again', async () => {
    await answerAnother();
    await tryIt('stranger', 4);
    expect(await expired()).toEqual([]);
    await tryIt('stranger', 1);
    expect(await expired()).toEqual(['turned-away']);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(String(warn.mock.calls[0]?.[0])).toContain('turned away (HTTP 4xx) 5 times each');
    expect(await store.inbox.receive([callOf('attack', 'stranger')])).toBe(1);
  });

  it('goes on being tried when it was turned away but a few times, whatever failed before', async () => {
    await answerAnother();
    gateway.refusal = 'timeout';
    await tryIt('stranger', 6);
    gateway.refusal = 'http-403';
    await tryIt('stranger', 6);
    expect(await expired()).toEqual([]);
  });

  it('goes on being tried while Meveto answers nobody', async () => {
    await tryIt('stranger', 8);
    expect(await expired()).toEqual([]);
    expect(gateway.askedCount).toBe(8);
  });

  it('goes on being tried when it is more likely real', async () => {
    await answerAnother();
    await tryIt('confirmed', 8);
    expect(await expired()).toEqual([]);
  });
});
