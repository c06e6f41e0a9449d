import type { TokenCipher } from '../core/index.js';
import type { Store } from '../store/index.js';
import type { JobLeases } from './leases.js';
import { MemoryTokenStorage } from './memory-token-storage.js';
import type { ResolvedInbox } from './options.js';
import { SealedTokenStorage } from './sealed-token-storage.js';
import type { TokenStorage } from './token-storage.js';

/** The storage that the option `inbox.tokenStorage` chooses. */
export function tokenStorageOf(
  store: Store,
  cipher: TokenCipher,
  leases: JobLeases,
  options: ResolvedInbox,
): TokenStorage {
  const sealed = new SealedTokenStorage(store, cipher, leases, options);
  return options.tokenStorage === 'sealed' ? sealed : new MemoryTokenStorage(sealed, store, leases, options);
}
