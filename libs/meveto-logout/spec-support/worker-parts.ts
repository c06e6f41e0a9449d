import { Acknowledgement } from '../src/inbox/acknowledgement.js';
import type { TokenExchange } from '../src/inbox/token-exchange.port.js';
import { loggedEvents } from './told-events.js';
import { LogoutCache } from '../src/logouts/logout-cache.js';
import { LogoutService } from '../src/inbox/logout.service.js';
import { JobEvents } from '../src/inbox/job-events.js';
import { Counters } from '../src/core/counters.js';
import type { ResolvedInbox } from '../src/inbox/options.js';
import type { TokenCipher } from '../src/core/token-cipher.js';
import type { Store } from '../src/store/store.port.js';
import { JobProcessor } from '../src/inbox/job-processor.js';
import { ExchangeLimiter } from '../src/inbox/exchange-limiter.js';
import { Housekeeping } from '../src/inbox/housekeeping.js';
import { JobLeases } from '../src/inbox/leases.js';
import { LogoutWorker } from '../src/inbox/logout-worker.js';
import { MemoryTokenStorage } from '../src/inbox/memory-token-storage.js';
import { SealedTokenStorage } from '../src/inbox/sealed-token-storage.js';
import { TokenMemory } from '../src/inbox/token-memory.js';

/** The worker of one process and its parts, on the given store and exchange. Tokens may be sealed, or in memory. */
export function workerParts(
  store: Store,
  exchange: TokenExchange,
  cipher: TokenCipher,
  options: ResolvedInbox,
  {
    events = new JobEvents(),
    counters = new Counters(),
    known = new LogoutCache(),
    emitter = loggedEvents(counters),
  } = {},
) {
  const memory = new TokenMemory();
  const leases = new JobLeases(store, options);
  const sealed = new SealedTokenStorage(store, cipher, leases, options);
  const tokens = new MemoryTokenStorage(sealed, store, leases, options, memory);
  const limiter = new ExchangeLimiter(options);
  const logouts = new LogoutService(store, known, emitter);
  const acknowledgement = new Acknowledgement(store, events, options);
  const processor = new JobProcessor(
    store,
    limiter,
    exchange,
    tokens,
    leases,
    logouts,
    acknowledgement,
    events,
    emitter,
    options,
  );
  const housekeeping = new Housekeeping(store, tokens, acknowledgement, events, emitter, options);
  const worker = new LogoutWorker(limiter, processor, tokens, housekeeping, events, options, emitter);
  return {
    memory,
    leases,
    processor,
    housekeeping,
    worker,
    tokens,
    events,
    emitter,
    counters,
    known,
    acknowledgement,
  };
}
