import { describe, expect, it, jest } from '@jest/globals';
import { connectedStore } from '../../spec-support/connected-store.js';
import { keysOf } from '../core/open-keys.js';
import { LOGOUT, type ResolvedStore, UserToken } from '../store/index.js';
import { memoryStore } from '../store/memory/memory-store.js';
import { Ingest } from './ingest.js';
import { JobEvents } from './job-events.js';
import { JobLeases } from './leases.js';
import type { ResolvedInbox } from './options.js';
import { tokenStorageOf } from './token-storage-of.js';

const EARLIER_KEYS = Array.from({ length: 7 }, (_, index) => `earlier-secret-${String(index)}`);

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
});
