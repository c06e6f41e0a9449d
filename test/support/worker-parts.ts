import type { TokenExchange } from '../../libs/meveto-logout/src/exchange/token-exchange.port.js';
import { KnownLogouts } from '../../libs/meveto-logout/src/logout/known-logouts.js';
import { LogoutService } from '../../libs/meveto-logout/src/logout/logout.service.js';
import { CallEvents } from '../../libs/meveto-logout/src/observe/call-events.js';
import { Counters } from '../../libs/meveto-logout/src/observe/counters.js';
import type { ResolvedOptions } from '../../libs/meveto-logout/src/options/resolved-options.js';
import type { TokenVault } from '../../libs/meveto-logout/src/secrets/token-vault.js';
import type { Store } from '../../libs/meveto-logout/src/store/store.port.js';
import { Attempt } from '../../libs/meveto-logout/src/worker/attempt.js';
import { CallProcessor } from '../../libs/meveto-logout/src/worker/call-processor.js';
import { CallStorage } from '../../libs/meveto-logout/src/worker/call-storage.js';
import { FailedAttempts } from '../../libs/meveto-logout/src/worker/failed-attempts.js';
import { Housekeeping } from '../../libs/meveto-logout/src/worker/housekeeping.js';
import { Leases } from '../../libs/meveto-logout/src/worker/leases.js';
import { LogoutWorker } from '../../libs/meveto-logout/src/worker/logout-worker.js';
import { TokenMemory } from '../../libs/meveto-logout/src/worker/token-memory.js';

/** The worker of one process and all that it is made of, on the given store and exchange. */
export function workerParts(
  store: Store,
  exchange: TokenExchange,
  vault: TokenVault,
  options: ResolvedOptions,
  { events = new CallEvents(), counters = new Counters(), known = new KnownLogouts() } = {},
) {
  const memory = new TokenMemory();
  const leases = new Leases(store, options);
  const attempt = new Attempt(exchange, vault, memory, leases, options);
  const failed = new FailedAttempts(store, memory, leases, options);
  const logouts = new LogoutService(store, known, options);
  const processor = new CallProcessor(store, attempt, failed, logouts, events, counters, options);
  const housekeeping = new Housekeeping(store, memory, leases, events, counters, options);
  const worker = new LogoutWorker(store, processor, memory, leases, housekeeping, events, options);
  const storage = new CallStorage(store, vault, memory, leases, options);
  return { memory, leases, processor, housekeeping, worker, storage, events, counters, known };
}
