import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type KeyObject,
  randomFillSync,
} from 'node:crypto';
import { derivedKey } from './derived-key.js';
import { DigestKey } from './digest-key.js';
import type { KeyMaterial } from './key-options.js';

const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID_CHARS = 8;
/** How many random IVs are made at once, because each call of the random generator is slow. */
const IVS_AT_ONCE = 256;

/**
 * One key that seals and opens tokens. A sealed token has the form `<key id>.<base64url of IV, tag and AES-256-GCM ciphertext>`.
 * The token's digest is its additional data: a sealed token that is moved to another row does not open.
 */
export class SealingKey {
  readonly #sealing: KeyObject;
  readonly #id: string;
  #ivs = Buffer.alloc(0);

  constructor(clientId: string, material: KeyMaterial) {
    this.#sealing = createSecretKey(derivedKey(material, clientId, 'sealing'));
    this.#id = new DigestKey(clientId, material).mac('key-id', 'sealing').slice(0, KEY_ID_CHARS);
  }

  seal(token: string, digest: string): string {
    const iv = this.#nextIv();
    const cipher = createCipheriv('aes-256-gcm', this.#sealing, iv).setAAD(Buffer.from(digest));
    const sealed = Buffer.concat([cipher.update(token, 'utf8'), cipher.final()]);
    return `${this.#id}.${Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')}`;
  }

  /** A random IV. Each one is used once. */
  #nextIv(): Buffer {
    if (this.#ivs.length === 0) this.#ivs = randomFillSync(Buffer.alloc(IV_BYTES * IVS_AT_ONCE));
    const iv = this.#ivs.subarray(0, IV_BYTES);
    this.#ivs = this.#ivs.subarray(IV_BYTES);
    return iv;
  }

  /** The token; undefined if it was sealed with another key, moved to another row, or damaged. */
  open(sealed: string, digest: string): string | undefined {
    if (!sealed.startsWith(`${this.#id}.`)) return undefined;
    const blob = Buffer.from(sealed.slice(KEY_ID_CHARS + 1), 'base64url');
    if (blob.length <= IV_BYTES + TAG_BYTES) return undefined;
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#sealing, blob.subarray(0, IV_BYTES), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(Buffer.from(digest))
        .setAuthTag(blob.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      return Buffer.concat([decipher.update(blob.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString(
        'utf8',
      );
    } catch {
      return undefined;
    }
  }
}
