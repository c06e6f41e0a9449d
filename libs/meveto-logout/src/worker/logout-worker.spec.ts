import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { until } from '../../../../test/support/until.js';
import { workerParts } from '../../../../test/support/worker-parts.js';
import { StoreUnavailableError } from '../errors.js';
import { type ExchangeOutcome, TokenExchange } from '../exchange/token-exchange.port.js';
import { LOGGED_OUT } from '../model/call.js';
import { SystemClock } from '../model/clock.js';
import type { UserToken } from '../model/user-token.js';
import { CallEvents } from '../observe/call-events.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { TokenVault } from '../secrets/token-vault.js';
import { memoryStore } from '../store/memory/memory-store.js';
import type { Store } from '../store/store.port.js';
import type { LogoutWorker } from './logout-worker.js';

const options = {
  leaseMs: 1_000,
  callTtlMs: 60_000,
  shutdownTimeoutMs: 100,
  exchange: { timeoutMs: 100, concurrency: 2, perSecond: 100 },
} as ResolvedOptions;

/** Gives each token's person once, as Meveto does. */
class OneTimeExchange extends TokenExchange {
  readonly asked: string[] = [];
  atOnce = 0;
  mostAtOnce = 0;
  whenAnswered: () => void = () => undefined;

  override async exchange(token: UserToken): Promise<ExchangeOutcome> {
    this.mostAtOnce = Math.max(this.mostAtOnce, (this.atOnce += 1));
    await new Promise((resolve) => setTimeout(resolve, 60));
    this.atOnce -= 1;
    const isUsedUp = this.asked.includes(token.reveal());
    this.asked.push(token.reveal());
    this.whenAnswered();
    return isUsedUp ? { kind: 'invalid' } : { kind: 'person', mevetoId: 'm-1' };
  }
}

/** A store that is away while it is said to be. */
function breakable(store: Store, isAway: () => boolean): Store {
  const wrap = <T extends object>(part: T): T =>
    new Proxy(part, {
      get: (target, name) => {
        const method = Reflect.get(target, name) as (...given: unknown[]) => unknown;
        return (...given: unknown[]) =>
          isAway() ? Promise.reject(new StoreUnavailableError('test')) : method.apply(target, given);
      },
    });
  return { ...store, inbox: wrap(store.inbox), register: wrap(store.register) };
}

describe('the worker', () => {
  const vault = new TokenVault('client', 'secret');
  const events = new CallEvents();
  let isAway: boolean;
  let askCount: number;
  let solid: Store;
  let store: Store;
  let exchange: OneTimeExchange;
  let worker: LogoutWorker;
  beforeEach(() => {
    Logger.overrideLogger(false);
    isAway = false;
    solid = memoryStore({ users: { findByMevetoId: () => 1 } }).create({
      moduleRef: {} as ModuleRef,
      clock: new SystemClock(),
      storeTimeoutMs: 1_000,
      digestPerson: (mevetoId) => vault.digestPerson(mevetoId),
    });
    askCount = 0;
    store = breakable(solid, () => {
      askCount += 1;
      return isAway;
    });
    exchange = new OneTimeExchange();
    ({ worker } = workerParts(store, exchange, vault, options, { events }));
  });
  afterEach(async () => {
    isAway = false;
    await worker.stop();
    Logger.overrideLogger(['error']);
  });
  const receive = (...tokens: string[]) =>
    store.inbox.receive(
      tokens.map((token) => {
        const digest = vault.digestToken(token);
        const sealed = vault.seal(token, digest);
        return { type: LOGGED_OUT, digest, sealed, lane: 'stranger', sender: undefined };
      }),
    );
  const calls = async () => (await store.inbox.summary()).calls;

  it('works on what it finds at start, and on what arrives, within its concurrency', async () => {
    await receive('a', 'b', 'c', 'd', 'e');
    worker.start();
    await until('five calls applied', async () => (await calls()).applied === 5);
    await receive('f');
    events.arrived();
    await until('the sixth call applied', async () => (await calls()).applied === 6, 400);
    expect(exchange.asked).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(exchange.mostAtOnce).toBe(2);
  });

  it('asks an idle store seldom, also when strangers may not have every place', async () => {
    const roomy = { ...options, exchange: { ...options.exchange, concurrency: 16, perSecond: 100 } };
    ({ worker } = workerParts(store, exchange, vault, roomy, { events }));
    worker.start();
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(askCount).toBeLessThanOrEqual(3);
  });

  it('goes on when the store is back', async () => {
    isAway = true;
    worker.start();
    isAway = false;
    await receive('a');
    await until('the call applied', async () => (await calls()).applied === 1);
  });

  // Meveto's answer is in hand: only this process knows whose token it was.
  it('loses no answer to an outage of the store that outlasts the lease', async () => {
    await receive('a');
    exchange.whenAnswered = () => {
      exchange.whenAnswered = () => undefined;
      isAway = true;
      setTimeout(() => (isAway = false), options.leaseMs + 600);
    };
    worker.start();
    await until('the outage', () => isAway);
    await until('the end of the outage', () => !isAway);
    const ended = await until('the end of the call', async () => {
      const { pending, ...others } = await calls();
      return pending === 0 && others;
    });
    expect(ended).toMatchObject({ applied: 1, ambiguous: 0 });
    expect(exchange.asked).toEqual(['a']);
  }, 15_000);

  it('takes no more work once it is stopped, and finishes what is in hand', async () => {
    await receive('a');
    worker.start();
    await until('the exchange', () => exchange.atOnce === 1);
    await worker.stop();
    expect(await calls()).toMatchObject({ applied: 1 });
    await receive('b');
    events.arrived();
    expect(exchange.asked).toEqual(['a']);
  });

  it('keeps a call whose answer waits to be written, for longer than its lease', async () => {
    let isBroken = true;
    const applyLogout = solid.register.applyLogout.bind(solid.register);
    solid.register.applyLogout = (...given) =>
      isBroken ? Promise.reject(new StoreUnavailableError('test')) : applyLogout(...given);
    await receive('a');
    const other = workerParts(store, exchange, vault, options).worker;
    worker.start();
    await until('the answer', () => exchange.asked.length === 1);
    other.start();
    await delay(2.5 * options.leaseMs);
    isBroken = false;
    await until('the call applied', async () => (await calls()).applied === 1);
    await other.stop();
    expect(exchange.asked).toEqual(['a']);
  });

  it('renews a lease that is too short for an exchange before it sends', async () => {
    const claim = solid.inbox.claim.bind(solid.inbox);
    // The claim takes nearly as long as the lease lasts.
    solid.inbox.claim = async (...given) => {
      const claimed = await claim(...given);
      if (claimed.length > 0) await delay(options.leaseMs - 50);
      return claimed;
    };
    await receive('a');
    worker.start();
    await until('the call applied', async () => (await calls()).applied === 1);
    expect(exchange.asked).toEqual(['a']);
    expect((await store.inbox.list({ state: 'applied', limit: 1 })).calls[0]?.attempts).toBe(1);
  });
});
