import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { connectedStore } from '../../spec-support/connected-store.js';
import { workerParts } from '../../spec-support/worker-parts.js';
import { StoreUnavailableError } from '../store/errors.js';
import { type ExchangeOutcome, TokenExchange } from './token-exchange.port.js';
import { LOGOUT, UserToken } from '../store/job.js';
import { JobEvents } from './job-events.js';
import { keysOf } from '../core/open-keys.js';
import { memoryStore } from '../store/memory/memory-store.js';
import type { Store } from '../store/store.port.js';
import type { LogoutWorker } from './logout-worker.js';
import { letTimePass, staysTrue, until } from '../../spec-support/until.js';
import type { ResolvedInbox } from './options.js';

const options = {
  leaseMs: 1_000,
  jobTtlMs: 60_000,
  shutdownTimeoutMs: 100,
  concurrency: 2,
  perSecond: 100,
} as ResolvedInbox;

/** Returns each token's person once, like Meveto. */
class OneTimeExchange extends TokenExchange {
  override readonly deadlineMs = 100;
  readonly asked: string[] = [];
  atOnce = 0;
  mostAtOnce = 0;
  whenAnswered: () => void = () => undefined;

  override async exchange(token: UserToken): Promise<ExchangeOutcome> {
    this.mostAtOnce = Math.max(this.mostAtOnce, (this.atOnce += 1));
    await letTimePass(60);
    this.atOnce -= 1;
    const isUsedUp = this.asked.includes(token.reveal());
    this.asked.push(token.reveal());
    this.whenAnswered();
    return isUsedUp ? { kind: 'invalid' } : { kind: 'person', mevetoId: 'm-1' };
  }
}

/** A store whose availability the test controls. */
function breakable(store: Store, isAway: () => boolean): Store {
  const wrap = <T extends object>(part: T): T =>
    new Proxy(part, {
      get: (target, name) => {
        const method = Reflect.get(target, name) as (...given: unknown[]) => unknown;
        return (...given: unknown[]) =>
          isAway() ? Promise.reject(new StoreUnavailableError('test')) : method.apply(target, given);
      },
    });
  return {
    inbox: wrap(store.inbox),
    logoutStore: wrap(store.logoutStore),
    lease: store.lease,
    namingKey: (fresh) => store.namingKey(fresh),
    label: 'a test',
    connect: () => store.connect(),
    close: () => store.close(),
  };
}

describe('LogoutWorker', () => {
  const { cipher, digests } = keysOf('client', 'secret');
  const events = new JobEvents();
  let isAway: boolean;
  let askCount: number;
  let solid: Store;
  let store: Store;
  let exchange: OneTimeExchange;
  let worker: LogoutWorker;
  beforeEach(async () => {
    Logger.overrideLogger(false);
    isAway = false;
    solid = await connectedStore(memoryStore({ users: [{ id: 1, mevetoId: 'm-1' }] }), (mevetoId) =>
      digests.ofSubject(mevetoId),
    );
    askCount = 0;
    store = breakable(solid, () => {
      askCount += 1;
      return isAway;
    });
    exchange = new OneTimeExchange();
    ({ worker } = workerParts(store, exchange, cipher, options, { events }));
  });
  afterEach(async () => {
    isAway = false;
    await worker.stop();
    Logger.overrideLogger(['error']);
  });
  const receive = (...tokens: string[]) =>
    store.inbox.receive(
      tokens.map((token) => {
        const digest = digests.ofToken(token);
        const sealed = cipher.seal(token, digest);
        return { kind: LOGOUT, digest, sealed, priority: 'unknown', sender: undefined };
      }),
    );
  const jobs = async () => (await store.inbox.summary()).jobs;

  it('processes stored and arriving jobs, within its concurrency', async () => {
    await receive('a', 'b', 'c', 'd', 'e');
    worker.start();
    await until('five applied jobs', async () => (await jobs()).applied === 5);
    await receive('f');
    events.arrived();
    await until('the sixth applied job', async () => (await jobs()).applied === 6, 400);
    // The first five are due at the same time, so their order is not defined.
    expect([...exchange.asked].sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(exchange.mostAtOnce).toBe(2);
  });

  it('rarely queries an idle store, also when unknown senders have only a share', async () => {
    const roomy = { ...options, concurrency: 16, perSecond: 100 };
    ({ worker } = workerParts(store, exchange, cipher, roomy, { events }));
    worker.start();
    await staysTrue('at most three queries', 700, () => askCount <= 3);
  });

  it('does not claim when jobs of unknown senders arrive while none of them may begin', async () => {
    // Unknown senders may have six of the eight exchanges.
    const roomy = { ...options, concurrency: 8 };
    ({ worker } = workerParts(store, exchange, cipher, roomy, { events }));
    let answer: () => void = () => undefined;
    const answered = new Promise<ExchangeOutcome>((resolve) => {
      answer = () => {
        resolve({ kind: 'person', mevetoId: 'm-1' });
      };
    });
    const ask = jest.spyOn(exchange, 'exchange').mockReturnValue(answered);
    const claim = jest.spyOn(solid.inbox, 'claim');
    await receive('a', 'b', 'c', 'd', 'e', 'f');
    worker.start();
    await until('six exchanges', () => ask.mock.calls.length === 6);
    // Until the pause after a claim is over.
    await letTimePass(50);
    const before = claim.mock.calls.length;
    events.arrived('unknown-senders');
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
    expect(claim).toHaveBeenCalledTimes(before);
    events.arrived();
    await until('a claim', () => claim.mock.calls.length > before, 400);
    answer();
  });

  it('continues after the store was unavailable', async () => {
    isAway = true;
    worker.start();
    isAway = false;
    await receive('a');
    await until('the applied job', async () => (await jobs()).applied === 1);
  });

  it('begins exchanges of tokens in memory at once while the store is unavailable', async () => {
    const parts = workerParts(store, exchange, cipher, { ...options, maxWaitingPerPriority: 10 }, { events });
    ({ worker } = parts);
    const digest = digests.ofToken('a');
    await parts.tokens.store(
      () => [{ kind: LOGOUT, digest, token: new UserToken('a'), priority: 'known', sender: undefined }],
      { listed: 1, known: 1, unknown: 1 },
    );
    isAway = true;
    worker.start();
    await until('the exchange', () => exchange.atOnce === 1, 300);
  });

  // Meveto's answer is in flight: only this process knows the person of the token.
  it('keeps its answer when the store is unavailable for longer than the lease', async () => {
    await receive('a');
    exchange.whenAnswered = () => {
      exchange.whenAnswered = () => undefined;
      isAway = true;
      setTimeout(() => (isAway = false), options.leaseMs + 600);
    };
    worker.start();
    await until('the outage', () => isAway);
    await until('the end of the outage', () => !isAway);
    const finished = await until('the end of the job', async () => {
      const { pending, ...others } = await jobs();
      return pending === 0 && others;
    });
    expect(finished).toMatchObject({ applied: 1, ambiguous: 0 });
    expect(exchange.asked).toEqual(['a']);
  }, 15_000);

  it('claims no jobs after a stop, and finishes the jobs in flight', async () => {
    await receive('a');
    worker.start();
    await until('the exchange', () => exchange.atOnce === 1);
    await worker.stop();
    expect(await jobs()).toMatchObject({ applied: 1 });
    await receive('b');
    events.arrived();
    expect(exchange.asked).toEqual(['a']);
  });

  it('claims several jobs at a time when exchanges end one after the other', async () => {
    const jobsOfKnownSender = Array.from({ length: 60 }, (_, index) => {
      const digest = digests.ofToken(String(index));
      const sealed = cipher.seal(String(index), digest);
      return { kind: LOGOUT, digest, sealed, priority: 'known', sender: undefined } as const;
    });
    await store.inbox.receive(jobsOfKnownSender);
    const claim = jest.spyOn(solid.inbox, 'claim');
    const many = { ...options, concurrency: 16, perSecond: 1_000 };
    const answers: (() => void)[] = [];
    const timer = setInterval(() => answers.shift()?.(), 1);
    jest.spyOn(exchange, 'exchange').mockImplementation(
      () =>
        new Promise((resolve) => {
          answers.push(() => {
            resolve({ kind: 'person', mevetoId: 'm-1' });
          });
        }),
    );
    const gathering = workerParts(store, exchange, cipher, many, { events }).worker;
    gathering.start();
    await until('the applied jobs', async () => (await jobs()).applied === 60);
    clearInterval(timer);
    await gathering.stop();
    // 16 start at once. Without the wait most of the other 44 would have a claim of their own.
    expect(claim.mock.calls.length).toBeLessThan(30);
  });

  it('keeps a job whose answer waits to be persisted for longer than the lease', async () => {
    let isBroken = true;
    const applyLogouts = solid.logoutStore.applyLogouts.bind(solid.logoutStore);
    solid.logoutStore.applyLogouts = (...given) =>
      isBroken ? Promise.reject(new StoreUnavailableError('test')) : applyLogouts(...given);
    await receive('a');
    const other = workerParts(store, exchange, cipher, options).worker;
    worker.start();
    await until('the answer', () => exchange.asked.length === 1);
    other.start();
    const waits = async () => (await jobs()).applied === 0 && exchange.asked.length === 1;
    await staysTrue('the answer waits', 2.5 * options.leaseMs, waits);
    isBroken = false;
    await until('the applied job', async () => (await jobs()).applied === 1);
    await other.stop();
    expect(exchange.asked).toEqual(['a']);
  });

  it('renews a lease that is too short for an exchange before the send', async () => {
    const claim = solid.inbox.claim.bind(solid.inbox);
    // The claim takes nearly as long as the lease.
    solid.inbox.claim = async (...given) => {
      const claimed = await claim(...given);
      if (claimed.length > 0) await letTimePass(options.leaseMs - 50);
      return claimed;
    };
    await receive('a');
    worker.start();
    await until('the applied job', async () => (await jobs()).applied === 1);
    expect(exchange.asked).toEqual(['a']);
    expect((await store.inbox.list({ state: 'applied', limit: 1 })).jobs[0]?.attempts).toBe(1);
  });
});
