import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { ClaimedCall, Ending, ExpiredCalls, Retention } from '../inbox/inbox.port.js';
import { StoreUnavailableError } from '../errors.js';
import { CallEvents } from '../observe/call-events.js';
import { Counters } from '../observe/counters.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { Store } from '../store/store.port.js';
import { UserToken } from '../model/user-token.js';
import { Housekeeping } from './housekeeping.js';
import { Leases } from './leases.js';
import { TokenMemory } from './token-memory.js';

const options = {
  callTtlMs: 60_000,
  retentionMs: 3_600_000,
  rejectedRetentionMs: 600_000,
  maxSessionAgeMs: 86_400_000,
} as ResolvedOptions;

describe('housekeeping', () => {
  const error = jest.fn();
  const expire = jest.fn<(ttlMs: number, limit: number) => Promise<ExpiredCalls>>();
  const finish = jest.fn<(call: ClaimedCall, ending: Ending) => Promise<boolean>>();
  let memory: TokenMemory;
  let leases: Leases;
  const purge = jest.fn<(retention: Retention, limit: number) => Promise<number>>();
  let counters: Counters;
  let ended: string[];
  beforeEach(() => {
    jest.useFakeTimers();
    error.mockClear();
    expire.mockReset().mockResolvedValue({ count: 0, outcomeUnknownCount: 0 });
    purge.mockReset().mockResolvedValue(0);
    finish.mockReset().mockResolvedValue(true);
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
    const register = { now: () => Promise.resolve(Date.now()) };
    const store = { inbox: { expire, purge, finish }, register } as unknown as Store;
    memory = new TokenMemory();
    const all = { ...options, ...given };
    leases = new Leases(store, all);
    return new Housekeeping(store, memory, leases, events, counters, all);
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

  it('ends calls whose tokens wait in memory when they are too old, and leaves those alone that are worked on', async () => {
    const housekeeping = made();
    const call = (id: string, ageMs: number, earlierAttemptUnknown: boolean) =>
      ({
        id,
        digest: id,
        lane: 'stranger',
        receivedTick: performance.now() - ageMs,
        earlierAttemptUnknown,
      }) as ClaimedCall;
    memory.add(call('in work', 90_000, false), new UserToken('t'));
    memory.take(1, 1);
    for (const each of [
      call('never asked', 90_000, false),
      call('asked', 90_000, true),
      call('young', 1_000, false),
    ])
      memory.add(each, new UserToken('t'));
    jest.advanceTimersByTime(30_000);
    await housekeeping.run();
    expect(finish.mock.calls.map(([{ id }, { state, reason }]) => [id, state, reason])).toEqual([
      ['never asked', 'expired', 'time-to-live'],
      ['asked', 'expired', 'time-to-live-outcome-unknown'],
    ]);
    expect(memory.waiting().map(({ id }) => id)).toEqual(['young']);
    expect(memory.size).toBe(2);
    expect(ended).toEqual(['expired', 'expired']);
    expect(counters.all()).toMatchObject({ call_expired: 2, call_expired_outcome_unknown: 1 });
    expect(error).toHaveBeenCalledTimes(1);
  });

  it('keeps no claim on a call whose end could not be written, and counts those before it', async () => {
    const housekeeping = made();
    const overdue = ['a', 'b'].map(
      (id) =>
        ({
          id,
          digest: id,
          lane: 'stranger',
          receivedTick: performance.now() - 90_000,
        }) as unknown as ClaimedCall,
    );
    for (const call of overdue) {
      memory.add(call, new UserToken('t'));
      leases.hold(call, performance.now());
    }
    finish.mockResolvedValueOnce(true).mockRejectedValueOnce(new StoreUnavailableError('test'));
    jest.advanceTimersByTime(30_000);
    await housekeeping.run();
    expect(overdue.map((call) => leases.of(call))).toEqual([undefined, undefined]);
    expect(counters.all().call_expired).toBe(1);
  });

  it('keeps ended calls for their retention, and ambiguous ones as long as a session may live', async () => {
    for (const maxSessionAgeMs of [86_400_000, 60_000]) {
      const housekeeping = made({ maxSessionAgeMs });
      jest.advanceTimersByTime(30_000);
      await housekeeping.run();
    }
    const kept = {
      endedMs: 3_600_000,
      rejectedMs: 600_000,
      invalidCount: 100_000,
      senderMs: 604_800_000,
    };
    expect(purge.mock.calls).toEqual([
      [{ ...kept, ambiguousMs: 86_400_000 }, 200],
      [{ ...kept, ambiguousMs: 3_600_000 }, 200],
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

  it('ends calls that are too old batch by batch in the same way', async () => {
    const housekeeping = made();
    expire
      .mockResolvedValueOnce({ count: 200, outcomeUnknownCount: 0 })
      .mockResolvedValueOnce({ count: 7, outcomeUnknownCount: 0 });
    jest.advanceTimersByTime(30_000);
    await housekeeping.run();
    expect(expire).toHaveBeenCalledTimes(2);
    expect(ended).toHaveLength(207);
    expire.mockResolvedValue({ count: 200, outcomeUnknownCount: 0 });
    jest.advanceTimersByTime(30_000);
    await housekeeping.run();
    expect(expire).toHaveBeenCalledTimes(52);
  });

  it('is done once at a time, half a minute after it was over', async () => {
    const housekeeping = made();
    let answer: (count: number) => void = () => undefined;
    purge.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
    jest.advanceTimersByTime(30_000);
    const first = housekeeping.run();
    jest.advanceTimersByTime(60_000);
    expect(housekeeping.run()).toBe(first);
    answer(0);
    await first;
    await housekeeping.run();
    expect(expire).toHaveBeenCalledTimes(1);
  });

  it('is done the next time when the store is away, which is said once', async () => {
    const housekeeping = made();
    expire.mockRejectedValueOnce(new StoreUnavailableError('expire'));
    jest.advanceTimersByTime(30_000);
    await housekeeping.run();
    expect(purge).not.toHaveBeenCalled();
    jest.advanceTimersByTime(30_000);
    await housekeeping.run();
    expect(purge).toHaveBeenCalledTimes(1);
    expect(error.mock.calls.map(([text]) => text as string)).toEqual([
      expect.stringMatching(/^Old calls could not be ended or deleted/),
    ]);
    expire.mockRejectedValue(new StoreUnavailableError('expire'));
    for (let times = 0; times < 3; times += 1) {
      jest.advanceTimersByTime(30_000);
      await housekeeping.run();
    }
    expect(error).toHaveBeenCalledTimes(2);
  });

  it('is over with the batch that is on its way when it is stopped', async () => {
    const housekeeping = made();
    let answer: (count: number) => void = () => undefined;
    purge.mockReturnValue(new Promise((resolve) => (answer = resolve)));
    jest.advanceTimersByTime(30_000);
    void housekeeping.run();
    await jest.advanceTimersByTimeAsync(0);
    const stopped = jest.fn();
    const stopping = housekeeping.stop().then(stopped);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(stopped).not.toHaveBeenCalled();
    answer(200);
    await stopping;
    jest.advanceTimersByTime(60_000);
    await housekeeping.run();
    expect(purge).toHaveBeenCalledTimes(1);
    expect(expire).toHaveBeenCalledTimes(1);
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
