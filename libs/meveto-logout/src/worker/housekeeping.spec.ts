import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { ExpiredCalls, Retention } from '../inbox/inbox.port.js';
import { CallEvents } from '../observe/call-events.js';
import { Counters } from '../observe/counters.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { Store } from '../store/store.port.js';
import { Housekeeping } from './housekeeping.js';

const options = {
  callTtlMs: 60_000,
  retentionMs: 3_600_000,
  rejectedRetentionMs: 600_000,
  maxSessionAgeMs: 86_400_000,
} as ResolvedOptions;

describe('housekeeping', () => {
  const error = jest.fn();
  const expire = jest.fn<(ttlMs: number, limit: number) => Promise<ExpiredCalls>>();
  const purge = jest.fn<(retention: Retention, limit: number) => Promise<number>>();
  let counters: Counters;
  let ended: string[];
  beforeEach(() => {
    jest.useFakeTimers();
    error.mockClear();
    expire.mockReset().mockResolvedValue({ count: 0, outcomeUnknownCount: 0 });
    purge.mockReset().mockResolvedValue(0);
    Logger.overrideLogger({ log: error, error, warn: error });
    counters = new Counters();
    ended = [];
  });
  afterEach(() => {
    jest.useRealTimers();
    Logger.overrideLogger(['error']);
  });
  function made(given: Partial<ResolvedOptions> = {}): Housekeeping {
    const events = new CallEvents();
    events.ended$.subscribe(({ state }) => ended.push(state));
    const store = { inbox: { expire, purge } } as unknown as Store;
    return new Housekeeping(store, events, counters, { ...options, ...given });
  }

  it('is done every half minute, not every time it is asked for', async () => {
    const housekeeping = made();
    await housekeeping.run();
    expect(expire).not.toHaveBeenCalled();
    jest.advanceTimersByTime(30_000);
    await housekeeping.run();
    await housekeeping.run();
    expect(expire).toHaveBeenCalledTimes(1);
    expect(expire).toHaveBeenCalledWith(60_000, 200);
  });

  it('keeps ended calls for their retention, and ambiguous ones as long as a session may live', async () => {
    for (const maxSessionAgeMs of [86_400_000, 60_000]) {
      const housekeeping = made({ maxSessionAgeMs });
      jest.advanceTimersByTime(30_000);
      await housekeeping.run();
    }
    expect(purge.mock.calls).toEqual([
      [{ endedMs: 3_600_000, rejectedMs: 600_000, ambiguousMs: 86_400_000 }, 200],
      [{ endedMs: 3_600_000, rejectedMs: 600_000, ambiguousMs: 3_600_000 }, 200],
    ]);
  });

  it('deletes little by little, as long as there is more, but not without end', async () => {
    const housekeeping = made();
    purge.mockResolvedValueOnce(200).mockResolvedValueOnce(200).mockResolvedValueOnce(199);
    jest.advanceTimersByTime(30_000);
    await housekeeping.run();
    expect(purge).toHaveBeenCalledTimes(3);
    purge.mockResolvedValue(200);
    jest.advanceTimersByTime(30_000);
    await housekeeping.run();
    expect(purge).toHaveBeenCalledTimes(53);
  });

  it('counts calls that expired, and tells of those whose token may be used up', async () => {
    const housekeeping = made();
    expire.mockResolvedValueOnce({ count: 3, outcomeUnknownCount: 0 });
    jest.advanceTimersByTime(30_000);
    await housekeeping.run();
    expect(ended).toEqual(['expired', 'expired', 'expired']);
    expect(error).not.toHaveBeenCalled();
    expire.mockResolvedValueOnce({ count: 2, outcomeUnknownCount: 1 });
    jest.advanceTimersByTime(30_000);
    await housekeeping.run();
    expect(error.mock.calls[0]?.[0]).toMatch(/^1 calls? expired after attempts whose outcome nobody knows/);
    expect(counters.all()).toMatchObject({ call_expired: 5, call_expired_outcome_unknown: 1 });
  });
});
