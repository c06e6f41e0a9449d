import { SchedulerRegistry } from '@nestjs/schedule';
import { JobEvents } from '../src/inbox/job-events.js';
import { Counters } from '../src/core/counters.js';
import { loggedEvents } from './told-events.js';
import type { ResolvedInbox } from '../src/inbox/options.js';
import type { ResolvedMeveto } from '../src/meveto/resolve-meveto.js';
import type { ResolvedStore } from '../src/store/options.js';
import type { PendingWebhooks } from '../src/meveto/pending-webhooks.port.js';
import { MevetoReconciler } from '../src/meveto/meveto-reconciler.js';
import type { Keys } from '../src/core/open-keys.js';
import { memoryStore } from '../src/store/memory/memory-store.js';
import type { Store } from '../src/store/store.port.js';
import { JobLeases } from '../src/inbox/leases.js';
import { tokenStorageOf } from '../src/inbox/token-storage-of.js';
import { connectedStore } from './connected-store.js';

/** A reconciler with a store in memory. Polls every five minutes and holds its lease for ten seconds. */
export async function reconcilerOf(list: PendingWebhooks, keys: Keys) {
  const store = await connectedStore(memoryStore(), (mevetoId) => keys.digests.ofSubject(mevetoId));
  return { store, ...reconcilerOn(store, list, keys) };
}

/** A reconciler on a given store, for several replicas. */
export function reconcilerOn(store: Store, list: PendingWebhooks, keys: Keys) {
  const events = new JobEvents();
  const counters = new Counters();
  const inbox = { tokenStorage: 'sealed', maxWaitingPerPriority: 10_000 } as ResolvedInbox;
  const options = { reconcile: { cron: '0 */5 * * * *' }, exchange: { timeoutMs: 5_000 } } as ResolvedMeveto;
  const storeOptions = { storeTimeoutMs: 2_500 } as ResolvedStore;
  const tokens = tokenStorageOf(store, keys.cipher, new JobLeases(store, inbox), inbox);
  const registry = new SchedulerRegistry();
  return {
    events,
    counters,
    reconciler: new MevetoReconciler(
      store,
      tokens,
      list,
      keys.digests,
      events,
      loggedEvents(counters),
      registry,
      options,
      storeOptions,
    ),
  };
}
