import { SealingKey } from './sealing-key.js';

/** Key material as it is given: of good quality and at least 32 bytes long. */
export type Material = string | Uint8Array;

/**
 * Seals tokens and makes keyed digests. The current key seals; what earlier keys sealed still opens, and what they
 * digested is still recognised, so that keys can be changed while calls are waiting.
 */
export class TokenVault {
  readonly #current: SealingKey;
  readonly #earlier: readonly SealingKey[];

  constructor(clientId: string, current: Material, earlier: readonly Material[] = []) {
    this.#current = new SealingKey(clientId, current);
    this.#earlier = earlier.map((material) => new SealingKey(clientId, material));
  }

  /** Tells equal tokens apart from others without revealing them. 43 characters of base64url. */
  digestToken(token: string): string {
    return this.#current.mac('token', token);
  }

  /** What earlier keys made of the same token. */
  earlierDigestsOfToken(token: string): readonly string[] {
    return this.#earlier.map((key) => key.mac('token', token));
  }

  /** As for tokens, for Meveto IDs. A token's digest never equals a person's. */
  digestPerson(mevetoId: string): string {
    return this.#current.mac('person', mevetoId);
  }

  earlierDigestsOfPerson(mevetoId: string): readonly string[] {
    return this.#earlier.map((key) => key.mac('person', mevetoId));
  }

  /** As for tokens, for the addresses that calls come from, IPv4 ones in IPv6 clothes included. */
  digestSender(address: string): string {
    return this.#current.mac('sender', plain(address));
  }

  earlierDigestsOfSender(address: string): readonly string[] {
    return this.#earlier.map((key) => key.mac('sender', plain(address)));
  }

  /** As for tokens, for what replicas tell each other: only those with the same keys and client id can have made it. */
  digestMessage(text: string): string {
    return this.#current.mac('message', text);
  }

  earlierDigestsOfMessage(text: string): readonly string[] {
    return this.#earlier.map((key) => key.mac('message', text));
  }

  /** As for tokens, for the channels on which users of the application are told of their logouts. */
  digestChannel(userId: string): string {
    return this.#current.mac('channel', userId);
  }

  earlierDigestsOfChannel(userId: string): readonly string[] {
    return this.#earlier.map((key) => key.mac('channel', userId));
  }

  /** As for tokens, for users of the application, by their own ids. */
  digestUsers(userIds: readonly string[]): string {
    return this.#current.mac('users', JSON.stringify(userIds));
  }

  earlierDigestsOfUsers(userIds: readonly string[]): readonly string[] {
    return this.#earlier.map((key) => key.mac('users', JSON.stringify(userIds)));
  }

  seal(token: string, digest: string): string {
    return this.#current.seal(token, digest);
  }

  /** The token, or undefined when no key opens it: sealed with a key that is gone, moved, or damaged. */
  open(sealed: string, digest: string): string | undefined {
    for (const key of [this.#current, ...this.#earlier]) {
      const token = key.open(sealed, digest);
      if (token !== undefined) return token;
    }
    return undefined;
  }
}

const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');
