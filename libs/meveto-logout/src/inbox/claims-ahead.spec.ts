import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { connectedStore } from '../../spec-support/connected-store.js';
import { letTimePass, until } from '../../spec-support/until.js';
import { workerParts } from '../../spec-support/worker-parts.js';
import { keysOf } from '../core/open-keys.js';
import { StoreUnavailableError } from '../store/errors.js';
import { LOGOUT, UserToken } from '../store/job.js';
import { memoryStore } from '../store/memory/memory-store.js';
import type { Store } from '../store/store.port.js';
import type { LogoutWorker } from './logout-worker.js';
import type { ResolvedInbox } from './options.js';
import { type ExchangeOutcome, TokenExchange } from './token-exchange.port.js';

const CLAIM_MS = 60;
const options = {
  leaseMs: 8_000,
  jobTtlMs: 60_000,
  shutdownTimeoutMs: 100,
  concurrency: 4,
  perSecond: 1_000,
} as ResolvedInbox;
const PERSON: ExchangeOutcome = { kind: 'person', mevetoId: 'm-1' };

class TimedExchange extends TokenExchange {
  override readonly deadlineMs = 2_000;
  answer = PERSON;
  tookMs = 20;
  atOnce = 0;
  mostAtOnce = 0;

  override async exchange(): Promise<ExchangeOutcome> {
    this.mostAtOnce = Math.max(this.mostAtOnce, (this.atOnce += 1));
    await letTimePass(this.tookMs);
    this.atOnce -= 1;
    return this.answer;
  }
}

describe('claims that take longer than exchanges', () => {
  const { cipher, digests } = keysOf('client', 'secret');
  let store: Store;
  let exchange: TimedExchange;
  let worker: LogoutWorker | undefined;
  /** Numbers of claimed jobs. */
  let claims: number[];
  beforeEach(async () => {
    Logger.overrideLogger(false);
    store = await connectedStore(memoryStore({ users: [{ id: 1, mevetoId: 'm-1' }] }), (mevetoId) =>
      digests.ofSubject(mevetoId),
    );
    exchange = new TimedExchange();
    claims = [];
    const { inbox } = store;
    const claim = inbox.claim.bind(inbox);
    inbox.claim = async (...given) => {
      const claimed = await claim(...given);
      await letTimePass(CLAIM_MS);
      claims.push(claimed.length);
      return claimed;
    };
  });
  afterEach(async () => {
    await worker?.stop();
    Logger.overrideLogger(['error']);
  });
  const receive = (priority: 'known' | 'unknown', count: number) =>
    store.inbox.receive(
      Array.from({ length: count }, (_, index) => {
        const digest = digests.ofToken(`${priority}-${String(index)}`);
        const sealed = cipher.seal(`${priority}-${String(index)}`, digest);
        return { kind: LOGOUT, digest, sealed, priority, sender: undefined } as const;
      }),
    );
  const jobs = async () => (await store.inbox.summary()).jobs;
  const applied = (count: number) =>
    until('the applied jobs', async () => (await jobs()).applied === count, 8_000);
  const start = () => {
    ({ worker } = workerParts(store, exchange, cipher, options));
    worker.start();
  };

  it('are for jobs of known senders ahead, and exchange no more than allowed at a time', async () => {
    await receive('known', 40);
    start();
    await applied(40);
    expect(Math.max(...claims)).toBeGreaterThan(4);
    expect(exchange.mostAtOnce).toBe(4);
    const { jobs: finished } = await store.inbox.list({ state: 'applied', limit: 40 });
    expect(new Set(finished.map(({ attempts }) => attempts))).toEqual(new Set([1]));
  });

  it('are for no job of an unknown sender ahead', async () => {
    await receive('unknown', 12);
    start();
    await applied(12);
    expect(Math.max(...claims)).toBe(3);
  });

  it('are for no job ahead when Meveto is slow', async () => {
    exchange.tookMs = 20 * CLAIM_MS;
    await receive('known', 9);
    start();
    await applied(9);
    expect(Math.max(...claims)).toBe(4);
  }, 10_000);

  it('are given back when an outage begins', async () => {
    const release = jest.spyOn(store.inbox, 'release');
    const givenBack = () =>
      release.mock.calls.map(([, failure]) => failure).filter(({ reason }) => reason === 'not-started');
    await receive('known', 40);
    start();
    await until('jobs claimed ahead', () => claims.some((count) => count > 4));
    exchange.answer = { kind: 'retry', reason: 'http-500', maybeSent: true };
    await until('jobs given back', () => givenBack().length > 0);
    for (const failure of givenBack()) expect(failure).toMatchObject({ maybeSent: false, delayMs: 0 });
    exchange.answer = PERSON;
    await applied(40);
  }, 15_000);

  it('are given back with their tokens in memory, also when the store is away meanwhile', async () => {
    const parts = workerParts(store, exchange, cipher, { ...options, maxWaitingPerPriority: 100 });
    ({ worker } = parts);
    const tokens = Array.from({ length: 40 }, (_, index) => `memory-${String(index)}`);
    await parts.tokens.store(
      () =>
        tokens.map((text) => ({
          kind: LOGOUT,
          digest: digests.ofToken(text),
          token: new UserToken(text),
          priority: 'known' as const,
          sender: undefined,
        })),
      { listed: 100, known: 100, unknown: 100 },
    );
    let isAway = true;
    let failedCount = 0;
    const { inbox } = store;
    const beginAgain = inbox.beginAgain.bind(inbox);
    inbox.beginAgain = (job, failure, leaseMs) => {
      if (!isAway || failure.reason !== 'not-started') return beginAgain(job, failure, leaseMs);
      failedCount += 1;
      return Promise.reject(new StoreUnavailableError('test'));
    };
    let exchangeCount = 0;
    jest.spyOn(exchange, 'exchange').mockImplementation(async () => {
      const isFailure = isAway && (exchangeCount += 1) > 8;
      await letTimePass(5);
      return isFailure ? { kind: 'retry', reason: 'http-500', maybeSent: true } : PERSON;
    });
    worker.start();
    await until('jobs that cannot be given back', () => failedCount > 0);
    isAway = false;
    await applied(40);
    expect(await jobs()).toMatchObject({ applied: 40, ambiguous: 0 });
  }, 15_000);

  it('are given back at a stop, and begin no exchange', async () => {
    const release = jest.spyOn(store.inbox, 'release');
    const exchanged = jest.spyOn(exchange, 'exchange');
    await receive('known', 40);
    start();
    await until('jobs claimed ahead', () => {
      if (!claims.some((count) => count > 4)) return false;
      exchange.tookMs = 400;
      return exchange.atOnce === 4;
    });
    const stopped = worker?.stop();
    const begunCount = exchanged.mock.calls.length;
    await stopped;
    expect(exchanged).toHaveBeenCalledTimes(begunCount);
    const { applied: appliedCount, pending } = await jobs();
    expect(appliedCount + pending).toBe(40);
    expect(appliedCount).toBe(begunCount);
    for (const [, failure] of release.mock.calls)
      expect(failure).toEqual({ delayMs: 0, maybeSent: false, reason: 'not-started' });
    // No mark of an attempt is left: a token that Meveto calls invalid is rejected, not ambiguous.
    await until('due jobs', async () => {
      const left = await store.inbox.claim(40, options.leaseMs);
      return left.length === pending && left.every(({ earlierAttemptUnknown }) => !earlierAttemptUnknown);
    });
  }, 15_000);
});
