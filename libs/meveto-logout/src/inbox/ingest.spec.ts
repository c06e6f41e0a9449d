import { describe, expect, it, jest } from '@jest/globals';
import { connectedStore } from '../../spec-support/connected-store.js';
import { until } from '../../spec-support/until.js';
import { keysOf } from '../core/open-keys.js';
import { LOGOUT, type ResolvedStore, type Store, UserToken } from '../store/index.js';
import { memoryStore } from '../store/memory/memory-store.js';
import { Ingest, PriorityLoad } from './ingest.js';
import { JobEvents } from './job-events.js';
import { JobLeases } from './leases.js';
import type { ResolvedInbox } from './options.js';
import type { StoredJobs, TokenStorage } from './token-storage.js';
import { tokenStorageOf } from './token-storage-of.js';

const EARLIER_KEYS = Array.from({ length: 7 }, (_, index) => `earlier-secret-${String(index)}`);

describe('PriorityLoad', () => {
  it('does not miss jobs of another batch that are added during a count', async () => {
    let answer: (counted: Record<'listed' | 'known' | 'unknown', number>) => void = () => undefined;
    const inbox = { waitingByPriority: () => new Promise((resolve) => (answer = resolve)) };
    const load = new PriorityLoad({ inbox } as unknown as Store, 10);
    const room = load.room();
    load.add('known');
    load.add('known');
    answer({ listed: 0, known: 3, unknown: 0 });
    expect(await room).toEqual({ listed: 10, known: 5, unknown: 10 });
  });
});

describe('Ingest', () => {
  it('stores the webhooks of many senders although a statement may have 32,766 parameters only', async () => {
    const store = await connectedStore(memoryStore());
    const keys = keysOf('client', 'secret', EARLIER_KEYS);
    const options = { tokenStorage: 'sealed', maxWaitingPerPriority: 10_000 } as ResolvedInbox;
    const tokens = tokenStorageOf(store, keys.cipher, new JobLeases(store, options), options);
    const storeOptions = { storeTimeoutMs: 20_000 } as ResolvedStore;
    const ingest = new Ingest(store, tokens, keys.digests, new JobEvents(), options, storeOptions);
    const knownSenders = jest.spyOn(store.inbox, 'knownSenders');

    const accepted = Array.from({ length: 5_000 }, (_, index) =>
      ingest.accept(LOGOUT, new UserToken(`token-${String(index)}`), `sender-${String(index)}`),
    );
    const settled = await Promise.allSettled(accepted);
    expect(settled.filter(({ status }) => status === 'rejected')).toEqual([]);
    expect((await store.inbox.summary()).jobs.pending).toBe(5_000);
    const counts = knownSenders.mock.calls.map(([senders]) => senders.length);
    expect(Math.max(...counts)).toBe(500 * (1 + EARLIER_KEYS.length));
    await store.close();
  });

  describe('with a server that takes two batches at once', () => {
    const WAITING = { listed: 0, known: 0, unknown: 0 };

    /** An ingest whose batches stay in flight until `commit`. */
    function slowIngest(maxWaitingPerPriority = 10_000) {
      const batches: { readonly size: number; readonly commit: () => void }[] = [];
      const tokens = {
        batchesAtOnce: 2,
        store: async (take: () => readonly unknown[]): Promise<StoredJobs> => {
          const { length: size } = take();
          await new Promise<void>((commit) => batches.push({ size, commit }));
          return { opened: [], refused: [], elsewhere: [] };
        },
      } as unknown as TokenStorage;
      const inbox = {
        knownSenders: () => Promise.resolve([]),
        waitingByPriority: () => Promise.resolve(WAITING),
      };
      const ingest = new Ingest(
        { inbox } as unknown as Store,
        tokens,
        keysOf('client', 'secret').digests,
        new JobEvents(),
        { maxWaitingPerPriority } as ResolvedInbox,
        { storeTimeoutMs: 20_000 } as ResolvedStore,
      );
      let count = 0;
      const accept = () => ingest.accept(LOGOUT, new UserToken(`token-${String((count += 1))}`), 'sender');
      return { accept, batches };
    }

    it('begins the second batch while the first one is in flight, and a third one only then', async () => {
      const { accept, batches } = slowIngest();
      const first = accept();
      await until('batch 1', () => batches.length === 1);
      const others = [accept()];
      await until('batch 2', () => batches.length === 2);
      others.push(accept(), accept());
      await new Promise(setImmediate);
      expect(batches.map(({ size }) => size)).toEqual([1, 1]);
      batches[0]?.commit();
      await first;
      await until('batch 3', () => batches.length === 3);
      expect(batches[2]?.size).toBe(2);
      for (const { commit } of batches) commit();
      await Promise.all(others);
    });

    it('takes one batch at a time if a priority has no room for two whole batches', async () => {
      const { accept, batches } = slowIngest(999);
      const all = [accept()];
      await until('batch 1', () => batches.length === 1);
      all.push(accept());
      await new Promise(setImmediate);
      expect(batches).toHaveLength(1);
      batches[0]?.commit();
      await until('batch 2', () => batches.length === 2);
      batches[1]?.commit();
      await Promise.all(all);
    });
  });
});
