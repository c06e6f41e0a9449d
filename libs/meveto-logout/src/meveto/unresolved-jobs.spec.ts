import { setImmediate as run } from 'node:timers/promises';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { linesOf } from '../../spec-support/log-lines.js';
import { StoreUnavailableError } from '../store/errors.js';
import type { JobPage, JobQuery, JobRecord } from '../store/job-record.js';
import { JobEvents } from '../inbox/job-events.js';
import { until } from '../../spec-support/until.js';
import { loggedEvents } from '../../spec-support/told-events.js';
import { Counters } from '../core/counters.js';
import type { Store } from '../store/store.port.js';
import { UnresolvedJobs } from './unresolved-jobs.js';

const ambiguous = (id: string, finishedAt = 1_000): JobRecord => ({
  id,
  kind: 'logout',
  state: 'ambiguous',
  reason: 'invalid-after-unknown-attempt',
  receivedAt: 500,
  occurredAt: 500,
  finishedAt,
  attempts: 2,
  digestPrefix: 'digest-a',
});

describe('ambiguous jobs that the list of pending webhooks does not resolve', () => {
  const error = linesOf('error');
  const list = jest.fn<(query: JobQuery) => Promise<JobPage>>();
  let events: JobEvents;
  let counters: Counters;
  beforeEach(() => {
    list.mockReset();
    events = new JobEvents();
    counters = new Counters();
    new UnresolvedJobs({ inbox: { list } } as unknown as Store, events, loggedEvents(counters));
  });
  const read = async (askedAt: number, ...jobs: JobRecord[]) => {
    list.mockResolvedValue({ jobs, next: undefined });
    events.listRead(askedAt);
    await run();
  };

  it('are reported once, with a remedy', async () => {
    await read(2_000, ambiguous('a'));
    await read(3_000, ambiguous('a'));
    expect(error.mock.calls.map(([text]) => text)).toEqual([
      '[MEVETO_JOB_UNRESOLVED] Job a, received 1970-01-01T00:00:00.500Z, stays ambiguous: Meveto’s list of pending webhooks does not name it. The person may ' +
        "still be signed in. Find out who the person is, and call resolveJob('a', { userId }) or resolveJob('a', { discard: 'why' }). " +
        'See docs/modes.md.',
    ]);
    expect(counters.all().job_unresolved).toBe(1);
    expect(list).toHaveBeenCalledWith(expect.objectContaining({ state: 'ambiguous' }));
  });

  it('are not reported before the list was read', async () => {
    await read(1_000, ambiguous('a', 1_000));
    expect(error).not.toHaveBeenCalled();
    await read(1_001, ambiguous('a', 1_000));
    expect(error).toHaveBeenCalledTimes(1);
  });

  it('are reported by their number beyond ten jobs', async () => {
    const jobs = Array.from({ length: 12 }, (_, index) => ambiguous(String(index)));
    await read(2_000, ...jobs);
    expect(error).toHaveBeenCalledTimes(10);
    await until('the line with the rest', () => error.mock.calls.length > 10);
    expect(error.mock.calls[10]?.[0]).toMatch(/^\[MEVETO_JOB_UNRESOLVED\] 2 more jobs stay ambiguous\./);
    expect(counters.all().job_unresolved).toBe(12);
  });

  it('are found on every page', async () => {
    list.mockResolvedValueOnce({ jobs: [ambiguous('a')], next: 'two' });
    await read(2_000, ambiguous('b'));
    await run();
    expect(list.mock.calls.map(([{ after }]) => after)).toEqual([undefined, 'two']);
    expect(counters.all().job_unresolved).toBe(2);
  });

  it('are reported after the next poll when the store is unavailable', async () => {
    list.mockRejectedValueOnce(new StoreUnavailableError('test'));
    events.listRead(2_000);
    await run();
    await read(3_000, ambiguous('a'));
    expect(error).toHaveBeenCalledTimes(1);
  });
});
