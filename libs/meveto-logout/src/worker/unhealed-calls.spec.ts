import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { StoreUnavailableError } from '../errors.js';
import type { CallPage, CallQuery, CallRecord } from '../model/call-record.js';
import { CallEvents } from '../observe/call-events.js';
import { Counters } from '../observe/counters.js';
import type { Store } from '../store/store.port.js';
import { UnhealedCalls } from './unhealed-calls.js';

const ambiguous = (id: string, settledAt = 1_000): CallRecord => ({
  id,
  type: 'User_Logged_Out',
  state: 'ambiguous',
  reason: 'invalid-after-unknown-attempt',
  receivedAt: 500,
  occurredAt: 500,
  settledAt,
  attempts: 2,
  digestPrefix: 'digest-a',
});

describe('ambiguous calls that the pending list does not heal', () => {
  const error = jest.fn();
  const list = jest.fn<(query: CallQuery) => Promise<CallPage>>();
  let events: CallEvents;
  let counters: Counters;
  beforeEach(() => {
    error.mockClear();
    list.mockReset();
    Logger.overrideLogger({ log: error, error, warn: error });
    events = new CallEvents();
    counters = new Counters();
    new UnhealedCalls({ inbox: { list } } as unknown as Store, events, counters);
  });
  afterEach(() => {
    Logger.overrideLogger(['error']);
  });
  const read = async (askedAt: number, ...calls: CallRecord[]) => {
    list.mockResolvedValue({ calls, next: undefined });
    events.listRead(askedAt);
    await turn();
  };

  it('are told once, with what to do', async () => {
    await read(2_000, ambiguous('a'));
    await read(3_000, ambiguous('a'));
    expect(error.mock.calls.map(([text]) => text)).toEqual([
      'Call a, received 1970-01-01T00:00:00.500Z, stays ambiguous: Meveto’s pending list does not name it. The person may ' +
        "still be signed in. Find out who it was, and call resolveCall('a', { userId }) or resolveCall('a', { discard: 'why' }). " +
        'See docs/modes.md.',
    ]);
    expect(counters.all().call_unhealed).toBe(1);
    expect(list).toHaveBeenCalledWith(expect.objectContaining({ state: 'ambiguous' }));
  });

  it('are not told before the list was asked', async () => {
    await read(1_000, ambiguous('a', 1_000));
    expect(error).not.toHaveBeenCalled();
    await read(1_001, ambiguous('a', 1_000));
    expect(error).toHaveBeenCalledTimes(1);
  });

  it('are told by their number when they are many', async () => {
    const calls = Array.from({ length: 12 }, (_, index) => ambiguous(String(index)));
    await read(2_000, ...calls);
    expect(error).toHaveBeenCalledTimes(11);
    expect(error.mock.calls[10]?.[0]).toMatch(/^2 more calls stay ambiguous\./);
    expect(counters.all().call_unhealed).toBe(12);
  });

  it('are found on every page', async () => {
    list.mockResolvedValueOnce({ calls: [ambiguous('a')], next: 'two' });
    await read(2_000, ambiguous('b'));
    await turn();
    expect(list.mock.calls.map(([{ after }]) => after)).toEqual([undefined, 'two']);
    expect(counters.all().call_unhealed).toBe(2);
  });

  it('are told the next time when the store is away', async () => {
    list.mockRejectedValueOnce(new StoreUnavailableError('test'));
    events.listRead(2_000);
    await turn();
    await read(3_000, ambiguous('a'));
    expect(error).toHaveBeenCalledTimes(1);
  });
});
