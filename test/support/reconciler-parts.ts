import type { ModuleRef } from '@nestjs/core';
import { SchedulerRegistry } from '@nestjs/schedule';
import { SystemClock } from '../../libs/meveto-logout/src/model/clock.js';
import { CallEvents } from '../../libs/meveto-logout/src/observe/call-events.js';
import { Counters } from '../../libs/meveto-logout/src/observe/counters.js';
import type { ResolvedOptions } from '../../libs/meveto-logout/src/options/resolved-options.js';
import type { PendingCalls } from '../../libs/meveto-logout/src/reconcile/pending-calls.port.js';
import { Reconciler } from '../../libs/meveto-logout/src/reconcile/reconciler.js';
import type { TokenVault } from '../../libs/meveto-logout/src/secrets/token-vault.js';
import { memoryStore } from '../../libs/meveto-logout/src/store/memory/memory-store.js';
import type { Store } from '../../libs/meveto-logout/src/store/store.port.js';
import { CallStorage } from '../../libs/meveto-logout/src/worker/call-storage.js';
import { Leases } from '../../libs/meveto-logout/src/worker/leases.js';
import { TokenMemory } from '../../libs/meveto-logout/src/worker/token-memory.js';

/** A reconciler with a store in memory, that asks every five minutes and holds its lease for ten seconds. */
export function reconcilerOf(list: PendingCalls, vault: TokenVault) {
  const store = memoryStore({ users: { findByMevetoId: () => undefined } }).create({
    moduleRef: {} as ModuleRef,
    clock: new SystemClock(),
    storeTimeoutMs: 1_000,
    digestPerson: (mevetoId) => vault.digestPerson(mevetoId),
  });
  return { store, ...reconcilerOn(store, list, vault) };
}

/** One of several on the same store. */
export function reconcilerOn(store: Store, list: PendingCalls, vault: TokenVault) {
  const events = new CallEvents();
  const counters = new Counters();
  const options = {
    reconcile: { cron: '0 */5 * * * *' },
    tokenStorage: 'sealed',
    exchange: { timeoutMs: 5_000 },
    maxWaitingPerLane: 10_000,
  } as ResolvedOptions;
  const storage = new CallStorage(store, vault, new TokenMemory(), new Leases(store, options), options);
  const registry = new SchedulerRegistry();
  return {
    events,
    counters,
    reconciler: new Reconciler(store, storage, list, vault, events, counters, registry, options),
  };
}
