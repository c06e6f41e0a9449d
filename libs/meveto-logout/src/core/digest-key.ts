import { createHmac } from 'node:crypto';
import { derivedKey } from './derived-key.js';
import type { KeyMaterial } from './key-options.js';

/** One key for digests. */
export class DigestKey {
  readonly #key: Buffer;

  constructor(clientId: string, material: KeyMaterial) {
    this.#key = derivedKey(material, clientId, 'digest');
  }

  /** Keyed digest of a text, 43 characters of base64url. Different labels never give the same digest. */
  mac(label: string, text: string): string {
    return createHmac('sha256', this.#key).update(`${label}\0${text}`).digest('base64url');
  }
}
