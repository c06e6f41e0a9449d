import { DigestKey } from './digest-key.js';
import type { KeyMaterial } from './key-options.js';

/**
 * Makes keyed digests, which identify a value without revealing it. The current key makes the digests that are stored. The
 * digests of earlier keys are still recognised: keys may change while jobs wait.
 */
export class KeyedDigest {
  readonly #current: DigestKey;
  readonly #earlier: readonly DigestKey[];

  constructor(clientId: string, current: KeyMaterial, earlier: readonly KeyMaterial[] = []) {
    this.#current = new DigestKey(clientId, current);
    this.#earlier = earlier.map((material) => new DigestKey(clientId, material));
  }

  /** Digest to compare tokens without revealing them. 43 characters of base64url. */
  ofToken(token: string): string {
    return this.#current.mac('token', token);
  }

  /** Digests of the same token by earlier keys. */
  earlierOfToken(token: string): readonly string[] {
    return this.#earlier.map((key) => key.mac('token', token));
  }

  /** Digest of a Meveto ID. Never equals the digest of a token. */
  ofSubject(mevetoId: string): string {
    return this.#current.mac('subject', mevetoId);
  }

  earlierOfSubject(mevetoId: string): readonly string[] {
    return this.#earlier.map((key) => key.mac('subject', mevetoId));
  }

  /** Digest of the address that a webhook came from. An IPv4 address in IPv6 form gives the same digest. */
  ofSender(address: string): string {
    return this.#current.mac('sender', asIpv4(address));
  }

  earlierOfSender(address: string): readonly string[] {
    return this.#earlier.map((key) => key.mac('sender', asIpv4(address)));
  }

  /** Digest of a message between replicas: only replicas with the same keys and client id can make it. */
  ofMessage(text: string): string {
    return this.#current.mac('message', text);
  }

  earlierOfMessage(text: string): readonly string[] {
    return this.#earlier.map((key) => key.mac('message', text));
  }
}

const asIpv4 = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');
