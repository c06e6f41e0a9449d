import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID_CHARS = 8;

/**
 * Seals tokens and makes keyed digests. Both keys come from the client secret by HKDF-SHA-256 (RFC 5869), each with a
 * label of its own, so that a digest says nothing about the sealing key. A sealed token reads
 * `<key id>.<base64url of IV, tag and AES-256-GCM ciphertext>` and is bound to its digest as additional data: a sealed
 * token moved to another row does not open.
 */
export class TokenVault {
  readonly #sealingKey: Buffer;
  readonly #digestKey: Buffer;
  readonly #keyId: string;

  constructor(clientId: string, clientSecret: string) {
    this.#sealingKey = derive(clientSecret, clientId, 'sealing');
    this.#digestKey = derive(clientSecret, clientId, 'digest');
    this.#keyId = this.#mac('key-id', 'sealing').slice(0, KEY_ID_CHARS);
  }

  /** Tells equal tokens apart from others without revealing them. 43 characters of base64url. */
  digestToken(token: string): string {
    return this.#mac('token', token);
  }

  /** The same for Meveto IDs. A token's digest never equals a person's. */
  digestPerson(mevetoId: string): string {
    return this.#mac('person', mevetoId);
  }

  /** The same for the addresses that calls come from, IPv4 ones in IPv6 clothes included. */
  digestSender(address: string): string {
    return this.#mac('sender', address.replace(/^::ffff:(?=\d+\.)/i, ''));
  }

  seal(token: string, digest: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#sealingKey, iv).setAAD(Buffer.from(digest));
    const sealed = Buffer.concat([cipher.update(token, 'utf8'), cipher.final()]);
    return `${this.#keyId}.${Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')}`;
  }

  /** The token, or undefined when no key opens it: sealed with another key, moved, or damaged. */
  open(sealed: string, digest: string): string | undefined {
    if (!sealed.startsWith(`${this.#keyId}.`)) return undefined;
    const blob = Buffer.from(sealed.slice(KEY_ID_CHARS + 1), 'base64url');
    if (blob.length <= IV_BYTES + TAG_BYTES) return undefined;
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#sealingKey, blob.subarray(0, IV_BYTES), {
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

  #mac(label: string, text: string): string {
    return createHmac('sha256', this.#digestKey).update(`${label}\0${text}`).digest('base64url');
  }
}

const derive = (secret: string, clientId: string, label: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, clientId, `nestjs-meveto-logout ${label} v1`, 32));
