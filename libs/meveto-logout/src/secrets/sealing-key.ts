import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID_CHARS = 8;

/**
 * One key: seals, opens and makes keyed digests. Both halves come from the key material by HKDF-SHA-256 (RFC 5869), each
 * with a label of its own, so that a digest says nothing about the sealing key. A sealed token reads
 * `<key id>.<base64url of IV, tag and AES-256-GCM ciphertext>` and is bound to its digest as additional data: a sealed
 * token moved to another row does not open.
 */
export class SealingKey {
  readonly #sealing: Buffer;
  readonly #digest: Buffer;
  readonly #id: string;

  constructor(clientId: string, material: string | Uint8Array) {
    this.#sealing = derive(material, clientId, 'sealing');
    this.#digest = derive(material, clientId, 'digest');
    this.#id = this.mac('key-id', 'sealing').slice(0, KEY_ID_CHARS);
  }

  /** Keyed digest of a text; different labels never give the same one. 43 characters of base64url. */
  mac(label: string, text: string): string {
    return createHmac('sha256', this.#digest).update(`${label}\0${text}`).digest('base64url');
  }

  seal(token: string, digest: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#sealing, iv).setAAD(Buffer.from(digest));
    const sealed = Buffer.concat([cipher.update(token, 'utf8'), cipher.final()]);
    return `${this.#id}.${Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')}`;
  }

  /** The token, or undefined: sealed with another key, moved, or damaged. */
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

const derive = (material: string | Uint8Array, clientId: string, label: string): Buffer =>
  Buffer.from(hkdfSync('sha256', material, clientId, `nestjs-meveto-logout ${label} v1`, 32));
