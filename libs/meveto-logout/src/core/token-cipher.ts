import type { KeyMaterial } from './key-options.js';
import { SealingKey } from './sealing-key.js';

/** Seals tokens with the current key. Tokens that earlier keys sealed still open: keys may change while jobs wait. */
export class TokenCipher {
  readonly #current: SealingKey;
  readonly #earlier: readonly SealingKey[];

  constructor(clientId: string, current: KeyMaterial, earlier: readonly KeyMaterial[] = []) {
    this.#current = new SealingKey(clientId, current);
    this.#earlier = earlier.map((material) => new SealingKey(clientId, material));
  }

  /** @param digest the token's digest in the job's row: the sealed token opens with the same digest only */
  seal(token: string, digest: string): string {
    return this.#current.seal(token, digest);
  }

  /** The token; undefined when no key opens it: the key is gone, or the sealed token was moved or damaged. */
  open(sealed: string, digest: string): string | undefined {
    for (const key of [this.#current, ...this.#earlier]) {
      const token = key.open(sealed, digest);
      if (token !== undefined) return token;
    }
    return undefined;
  }
}
