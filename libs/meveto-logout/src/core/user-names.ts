import { randomBytes } from 'node:crypto';
import { DigestKey } from './digest-key.js';

const KEY_BYTES = 32;

/**
 * Returns the stored key for the names. If there is none, stores and returns `fresh`.
 * @param fresh 32 random bytes
 */
export type NamingKey = (fresh: Uint8Array) => Promise<Uint8Array>;

/**
 * Gives users names for browsers and for Pusher: keyed digests, which reveal nothing about the user. The key is random and kept
 * in the store: if it came from a client secret, anyone who sees a name could guess secrets offline.
 */
export class UserNames {
  #key: Promise<DigestKey> | undefined;

  /** @param clientId other client ids give other names, even with the same key */
  constructor(
    private readonly clientId: string,
    private readonly namingKey: NamingKey,
  ) {}

  /** Loads the key early. Never rejects: after a failure, the first name loads it again. */
  async prepare(): Promise<void> {
    await this.#ready().catch(() => undefined);
  }

  /**
   * One name for a list of users, by the application's user ids. The same ids in the same order give the same name. 43
   * characters of base64url.
   * @throws the error of reading the key
   */
  async ofUsers(userIds: readonly string[]): Promise<string> {
    return (await this.#ready()).mac('users', JSON.stringify(userIds));
  }

  /** The name of a user's channel. Never equals a result of `ofUsers`. */
  async ofChannel(userId: string): Promise<string> {
    return (await this.#ready()).mac('channel', userId);
  }

  /** Reads the key once; retries after a failure. */
  #ready(): Promise<DigestKey> {
    this.#key ??= this.#read().catch((error: unknown) => {
      this.#key = undefined;
      throw error;
    });
    return this.#key;
  }

  async #read(): Promise<DigestKey> {
    return new DigestKey(this.clientId, await this.namingKey(randomBytes(KEY_BYTES)));
  }
}
