import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { toldBy } from '../../spec-support/told-events.js';
import { workerParts } from '../../spec-support/worker-parts.js';
import type { EmittedEvent } from '../core/event-kinds.js';
import { TokenCipher } from '../core/token-cipher.js';
import type { ClaimedJob, ExpiredJobs } from '../store/inbox-jobs.js';
import { UserToken } from '../store/job.js';
import type { Store } from '../store/store.port.js';
import type { ResolvedInbox } from './options.js';
import type { TokenExchange } from './token-exchange.port.js';

const TTL_MS = 60_000;

describe('the event of expired jobs', () => {
  const expire = jest.fn<() => Promise<ExpiredJobs>>();
  let parts: ReturnType<typeof workerParts>;
  let told: (EmittedEvent & { readonly times: readonly object[] })[];
  beforeEach(() => {
    jest.useFakeTimers();
    expire.mockReset().mockResolvedValue(batchOf(0));
    const inbox = { expire, purge: () => Promise.resolve(0), finish: () => Promise.resolve(true) };
    const options = { jobTtlMs: TTL_MS, acknowledge: 'on-receipt' } as ResolvedInbox;
    parts = workerParts(
      { inbox } as unknown as Store,
      {} as TokenExchange,
      new TokenCipher('client', 'secret'),
      options,
    );
    told = toldBy(parts.emitter) as typeof told;
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  /** Jobs that waited in the store. */
  function batchOf(count: number): ExpiredJobs {
    const ids = Array.from({ length: count }, (_, index) => String(index));
    return { ids, agesMs: ids.map((id) => TTL_MS + Number(id)), outcomeUnknownIds: [], unknownKindCount: 0 };
  }
  async function tidied(): Promise<void> {
    jest.advanceTimersByTime(30_000);
    await parts.housekeeping.run();
  }

  it('is one for a batch from the store, with the time of each job', async () => {
    for (let batch = 0; batch < 49; batch += 1) expire.mockResolvedValueOnce(batchOf(200));
    expire.mockResolvedValueOnce(batchOf(199));
    await tidied();
    expect(told.map(({ code }) => code)).toEqual(Array(50).fill('MEVETO_JOB_EXPIRED'));
    expect(told.flatMap(({ times }) => times)).toHaveLength(9_999);
    expect(told[0]?.times[199]).toEqual({ sinceReceiptMs: TTL_MS + 199 });
    expect(parts.counters.all()).toMatchObject({ job_expired: 9_999 });
  });

  it('has the known steps of jobs whose tokens wait in memory', async () => {
    const kept = (id: string): ClaimedJob => {
      const job = {
        id,
        digest: id,
        priority: 'unknown',
        receivedTick: performance.now() - 90_000,
      } as ClaimedJob;
      parts.memory.add(job, new UserToken('t'));
      return job;
    };
    const asked = kept('asked');
    parts.memory.take(1, 1);
    parts.memory.pause(asked, 0);
    kept('acknowledged');
    await parts.acknowledgement.ready(['acknowledged'], performance.now());
    await tidied();
    expect(told).toMatchObject([{ code: 'MEVETO_JOB_EXPIRED', jobIds: ['asked', 'acknowledged'] }]);
    expect(told[0]?.times).toEqual([
      { startedAfterMs: 90_000, sinceReceiptMs: 120_000 },
      { acknowledgedAfterMs: 90_000, sinceReceiptMs: 120_000 },
    ]);
    expect(parts.acknowledgement.acknowledgedAt('acknowledged')).toBeUndefined();
  });
});
