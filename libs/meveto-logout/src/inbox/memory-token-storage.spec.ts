import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { TokenCipher } from '../core/token-cipher.js';
import { StoreUnavailableError } from '../store/errors.js';
import type { ClaimedJob, IncomingJob } from '../store/inbox-jobs.js';
import { LOGOUT, UserToken } from '../store/job.js';
import type { Inbox } from '../store/sql/inbox.js';
import type { Store } from '../store/store.port.js';
import { InboxFullError } from './errors.js';
import { JobLeases } from './leases.js';
import { MemoryTokenStorage } from './memory-token-storage.js';
import type { ResolvedInbox } from './options.js';
import { SealedTokenStorage } from './sealed-token-storage.js';
import { TokenMemory } from './token-memory.js';
import type { Claim } from './token-storage.js';

const options = { leaseMs: 8_000, maxWaitingPerPriority: 1 } as ResolvedInbox;
const ROOM = { listed: 9, known: 9, unknown: 9 };
const jobOf = (id: string, sealed?: string) =>
  ({ id, digest: id, sealed, priority: 'unknown', attempts: 1 }) as ClaimedJob;
const received = (digest: string) => ({
  kind: LOGOUT as typeof LOGOUT,
  digest,
  priority: 'unknown' as const,
  sender: undefined,
  token: new UserToken(`token-${digest}`),
});
const listed = (digest: string) => ({ ...received(digest), sourceId: digest, createdAt: undefined });

describe('tokens in the memory of this process', () => {
  const receiveLeased = jest.fn<Inbox['receiveLeased']>();
  const claim = jest.fn<Inbox['claim']>();
  const waitingByPriority = jest.fn<Inbox['waitingByPriority']>();
  let memory: TokenMemory;
  let tokens: MemoryTokenStorage;
  let started: string[];
  let taken: (readonly IncomingJob[])[];
  beforeEach(() => {
    taken = [];
    receiveLeased.mockReset().mockImplementation((jobs) => {
      const batch = typeof jobs === 'function' ? jobs() : jobs;
      taken.push(batch);
      const leased = batch.map(({ digest }) => jobOf(digest));
      return Promise.resolve({ leased, elsewhere: [], refused: [] });
    });
    claim.mockReset().mockResolvedValue([]);
    waitingByPriority.mockReset().mockResolvedValue({ listed: 0, known: 0, unknown: 0 });
    const store = { inbox: { receiveLeased, claim, waitingByPriority } } as unknown as Store;
    const leases = new JobLeases(store, options);
    memory = new TokenMemory();
    const sealed = new SealedTokenStorage(store, new TokenCipher('client', 'secret'), leases, options);
    tokens = new MemoryTokenStorage(sealed, store, leases, options, memory);
    started = [];
  });
  const request: Claim = {
    allowed: () => ({ all: 5 - started.length, unknownSenders: 5 - started.length }),
    inFlight: () => started,
    start: ({ id }) => started.push(id),
  };

  it('are stored in no row, and are found again', async () => {
    expect(await tokens.store(() => [received('a')], ROOM)).toEqual({
      opened: ['a'],
      refused: [],
      elsewhere: [],
    });
    expect(taken).toEqual([[{ ...received('a'), token: undefined, sealed: undefined }]]);
    expect(tokens.tokenOf(jobOf('a'))?.reveal()).toBe('token-a');
    expect(tokens.tokenOf(jobOf('b'))).toBeUndefined();
  });

  it('are started before jobs of the store, which get the rest of the limit', async () => {
    await tokens.store(() => [received('a'), received('b')], ROOM);
    claim.mockResolvedValue([jobOf('c', 'sealed')]);
    expect(await tokens.claim(request)).toBe(3);
    expect(started).toEqual(['a', 'b', 'c']);
    expect(claim).toHaveBeenCalledWith(3, 8_000, expect.anything(), 3);
  });

  it('are still started after the stop, while no job of the store is claimed and no further token accepted', async () => {
    await tokens.store(() => [received('a')], ROOM);
    tokens.stop();
    expect(tokens.hasDue()).toBe(true);
    expect(await tokens.claim(request)).toBe(1);
    expect(claim).not.toHaveBeenCalled();
    await expect(tokens.store(() => [received('b')], ROOM)).rejects.toThrow(StoreUnavailableError);
    await expect(tokens.storeListed([listed('b')])).rejects.toThrow(StoreUnavailableError);
  });

  it('limit the room to what the memory can take', async () => {
    await tokens.store(() => [received('a'), received('b')], ROOM);
    expect(await tokens.roomForListed()).toBe(1);
    await tokens.store(() => [received('c')], ROOM);
    expect(receiveLeased.mock.calls[1]?.[2]).toEqual({ listed: 1, known: 1, unknown: 1 });
    expect(await tokens.roomForListed()).toBe(0);
    await expect(tokens.storeListed([listed('d')])).rejects.toThrow(InboxFullError);
  });
});
