import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { connectedStore } from '../../spec-support/connected-store.js';
import { leveledLines } from '../../spec-support/log-lines.js';
import { workerParts } from '../../spec-support/worker-parts.js';
import { type ExchangeOutcome, TokenExchange } from './token-exchange.port.js';
import { LOGOUT, type Priority, type UserToken } from '../store/job.js';
import { JobEvents } from './job-events.js';
import { keysOf } from '../core/open-keys.js';
import { memoryStore } from '../store/memory/memory-store.js';
import type { Store } from '../store/store.port.js';
import type { LogoutWorker } from './logout-worker.js';
import type { ResolvedInbox } from './options.js';

const OUTAGE_MS = 120_000;
const SECOND_MS = 1_000;
const options = {
  leaseMs: 30_000,
  jobTtlMs: 86_400_000,
  shutdownTimeoutMs: 100,
  tokenStorage: 'sealed',
  maxWaitingPerPriority: 10_000,
  concurrency: 16,
  perSecond: 100,
} as ResolvedInbox;

class Meveto extends TokenExchange {
  override readonly deadlineMs = 5_000;
  isAway = false;

  override exchange(token: UserToken): Promise<ExchangeOutcome> {
    const name = token.reveal();
    if (name.startsWith('attack')) return retry('http-403');
    if (this.isAway || name.startsWith('poison')) return retry('http-500');
    return Promise.resolve({ kind: 'person', mevetoId: 'm-1' });
  }
}
const retry = (reason: string) => Promise.resolve({ kind: 'retry', reason, maybeSent: true } as const);

describe('jobs that wait for Meveto', () => {
  const keys = keysOf('client', 'secret');
  /** Sealed with a key that no process has. */
  const gone = keysOf('client', 'gone');
  const lines = leveledLines();
  let meveto: Meveto;
  let store: Store;
  let worker: LogoutWorker;
  let events: JobEvents;
  let outageCount: number;
  beforeEach(async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    meveto = new Meveto();
    events = new JobEvents();
    outageCount = 0;
    events.outageEnded$.subscribe(() => (outageCount += 1));
    store = await connectedStore(memoryStore({ users: [{ id: 1, mevetoId: 'm-1' }] }), (id) =>
      keys.digests.ofSubject(id),
    );
    ({ worker } = workerParts(store, meveto, keys.cipher, options, { events }));
    worker.start();
  });
  afterEach(async () => {
    const stopped = worker.stop();
    await jest.advanceTimersByTimeAsync(5 * SECOND_MS);
    await stopped;
    jest.useRealTimers();
  });

  async function receive(priority: Priority, name: string, count: number, by = keys): Promise<void> {
    const jobs = Array.from({ length: count }, (_, index) => {
      const token = `${name}-${String(index)}`;
      const digest = by.digests.ofToken(token);
      return {
        kind: LOGOUT,
        digest,
        sealed: by.cipher.seal(token, digest),
        priority,
        sender: undefined,
      } as const;
    });
    await store.inbox.receive(jobs);
    events.arrived();
  }
  /** Resolves with the time until this number of jobs is applied. */
  async function untilApplied(count: number, limitMs: number): Promise<number> {
    for (let ms = 0; ms < limitMs; ms += 100) {
      if ((await store.inbox.summary()).jobs.applied >= count) return ms;
      await jest.advanceTimersByTimeAsync(100);
    }
    throw new Error(`not applied within ${String(limitMs)} ms`);
  }

  it.each<[number, Priority, Priority]>([
    [0, 'known', 'known'],
    [20, 'known', 'unknown'],
    [20, 'listed', 'known'],
    [300, 'known', 'known'],
  ])(
    'continue soon after an outage, beside %d jobs that no key opens: %s jobs before %s jobs',
    async (unreadableCount, priority, realPriority) => {
      meveto.isAway = true;
      await receive(priority, 'unreadable', unreadableCount, gone);
      await receive(realPriority, 'real', 6);
      await jest.advanceTimersByTimeAsync(OUTAGE_MS);
      meveto.isAway = false;
      // The pause of the job after its last failure is at most this long.
      expect(await untilApplied(1, 65 * SECOND_MS)).toBeLessThan(65 * SECOND_MS);
      await untilApplied(6, 65 * SECOND_MS);
      expect(outageCount).toBe(1);
      expect(lines).toContain('log: [MEVETO_OUTAGE_ENDED] Meveto answers again.');
    },
  );

  it('continue behind jobs of unknown senders with client errors', async () => {
    meveto.isAway = true;
    await receive('unknown', 'attack', 300);
    await receive('unknown', 'real', 1);
    await jest.advanceTimersByTimeAsync(OUTAGE_MS / 4);
    meveto.isAway = false;
    expect(await untilApplied(1, 65 * SECOND_MS)).toBeLessThan(65 * SECOND_MS);
  });

  it('are not delayed by tokens of unknown senders that never get an answer', async () => {
    for (let round = 1; round <= 5; round += 1) {
      await receive('unknown', `poison-${String(round)}`, 200);
      await jest.advanceTimersByTimeAsync(20 * SECOND_MS + round * 1_700);
      await receive('known', `real-${String(round)}`, 1);
      expect(await untilApplied(round, 5 * SECOND_MS)).toBeLessThan(SECOND_MS);
    }
    expect(lines.filter((line) => line.includes('not answer'))).toEqual([
      expect.stringMatching(/^warn: \[MEVETO_OUTAGE_BEGAN\] .*for jobs of unknown senders/),
    ]);
    expect(outageCount).toBe(0);
  });
});
