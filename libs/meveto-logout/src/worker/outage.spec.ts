import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { workerParts } from '../../../../test/support/worker-parts.js';
import { type ExchangeOutcome, TokenExchange } from '../exchange/token-exchange.port.js';
import { LOGGED_OUT } from '../model/call.js';
import { SystemClock } from '../model/clock.js';
import type { Lane } from '../model/lane.js';
import type { UserToken } from '../model/user-token.js';
import { CallEvents } from '../observe/call-events.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { TokenVault } from '../secrets/token-vault.js';
import { memoryStore } from '../store/memory/memory-store.js';
import type { Store } from '../store/store.port.js';
import type { LogoutWorker } from './logout-worker.js';

const OUTAGE_MS = 120_000;
const SECOND_MS = 1_000;
const options = {
  leaseMs: 30_000,
  callTtlMs: 86_400_000,
  shutdownTimeoutMs: 100,
  tokenStorage: 'sealed',
  maxWaitingPerLane: 10_000,
  exchange: { timeoutMs: 5_000, concurrency: 16, perSecond: 100 },
} as ResolvedOptions;

class Meveto extends TokenExchange {
  isAway = false;

  override exchange(token: UserToken): Promise<ExchangeOutcome> {
    const name = token.reveal();
    if (name.startsWith('attack')) return retry('http-403');
    if (this.isAway || name.startsWith('poison')) return retry('http-500');
    return Promise.resolve({ kind: 'person', mevetoId: 'm-1' });
  }
}
const retry = (reason: string) => Promise.resolve({ kind: 'retry', reason, maybeSent: true } as const);

describe('calls that wait for Meveto', () => {
  const vault = new TokenVault('client', 'secret');
  /** Of a key that nobody has any more. */
  const gone = new TokenVault('client', 'gone');
  const warn = jest.fn();
  let meveto: Meveto;
  let store: Store;
  let worker: LogoutWorker;
  let events: CallEvents;
  let outageCount: number;
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    warn.mockClear();
    Logger.overrideLogger({ log: warn, error: warn, warn });
    meveto = new Meveto();
    events = new CallEvents();
    outageCount = 0;
    events.outageEnded$.subscribe(() => (outageCount += 1));
    store = memoryStore({ users: { findByMevetoId: () => 1 } }).create({
      moduleRef: {} as ModuleRef,
      clock: new SystemClock(),
      storeTimeoutMs: SECOND_MS,
      digestPerson: (id) => vault.digestPerson(id),
    });
    ({ worker } = workerParts(store, meveto, vault, options, { events }));
    worker.start();
  });
  afterEach(async () => {
    const stopped = worker.stop();
    await jest.advanceTimersByTimeAsync(5 * SECOND_MS);
    await stopped;
    jest.useRealTimers();
    Logger.overrideLogger(['error']);
  });

  async function receive(lane: Lane, name: string, count: number, by = vault): Promise<void> {
    const calls = Array.from({ length: count }, (_, index) => {
      const token = `${name}-${String(index)}`;
      const digest = by.digestToken(token);
      return { type: LOGGED_OUT, digest, sealed: by.seal(token, digest), lane, sender: undefined } as const;
    });
    await store.inbox.receive(calls);
    events.arrived();
  }
  /** Resolves with how long it takes until so many were applied. */
  async function untilApplied(count: number, limitMs: number): Promise<number> {
    for (let ms = 0; ms < limitMs; ms += 100) {
      if ((await store.inbox.summary()).calls.applied >= count) return ms;
      await jest.advanceTimersByTimeAsync(100);
    }
    throw new Error(`not applied within ${String(limitMs)} ms`);
  }

  it.each<[number, Lane, Lane]>([
    [0, 'confirmed', 'confirmed'],
    [20, 'confirmed', 'stranger'],
    [20, 'listed', 'confirmed'],
    [300, 'confirmed', 'confirmed'],
  ])(
    'go on soon after an outage, beside %d that no key opens: %s ones before %s ones',
    async (unreadableCount, lane, realLane) => {
      meveto.isAway = true;
      await receive(lane, 'unreadable', unreadableCount, gone);
      await receive(realLane, 'real', 6);
      await jest.advanceTimersByTimeAsync(OUTAGE_MS);
      meveto.isAway = false;
      // Its own pause after the last failure is as long.
      expect(await untilApplied(1, 65 * SECOND_MS)).toBeLessThan(65 * SECOND_MS);
      await untilApplied(6, 65 * SECOND_MS);
      expect(outageCount).toBe(1);
    },
  );

  it('go on behind strangers’ calls that are turned away', async () => {
    meveto.isAway = true;
    await receive('stranger', 'attack', 300);
    await receive('stranger', 'real', 1);
    await jest.advanceTimersByTimeAsync(OUTAGE_MS / 4);
    meveto.isAway = false;
    expect(await untilApplied(1, 65 * SECOND_MS)).toBeLessThan(65 * SECOND_MS);
  });

  it('are not held up by strangers’ tokens to which there is never an answer', async () => {
    for (let round = 1; round <= 5; round += 1) {
      await receive('stranger', `poison-${String(round)}`, 200);
      await jest.advanceTimersByTimeAsync(20 * SECOND_MS + round * 1_700);
      await receive('confirmed', `real-${String(round)}`, 1);
      expect(await untilApplied(round, 5 * SECOND_MS)).toBeLessThan(SECOND_MS);
    }
    const said = warn.mock.calls.map(([text]) => String(text)).filter((text) => text.includes('not answer'));
    expect(said).toEqual([expect.stringContaining('from unknown addresses')]);
    expect(outageCount).toBe(0);
  });
});
