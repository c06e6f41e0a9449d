import { ConfigurationError, KeysUnavailableError } from './errors.js';
import { Faults } from './faults.js';
import { keyRingOf } from './key-checks.js';
import type { KeyMaterial, KeyRing, KeySource } from './key-options.js';
import { KeyedDigest } from './keyed-digest.js';
import { TokenCipher } from './token-cipher.js';
import { within } from './within.js';

const KEYS_WITHIN_MS = 30_000;

/** What is made with the keys: one part seals tokens, the other makes digests. */
export interface Keys {
  readonly cipher: TokenCipher;
  readonly digests: KeyedDigest;
}

export const keysOf = (
  clientId: string,
  current: KeyMaterial,
  earlier: readonly KeyMaterial[] = [],
): Keys => ({
  cipher: new TokenCipher(clientId, current, earlier),
  digests: new KeyedDigest(clientId, current, earlier),
});

/**
 * Creates cipher and digests with the given keys, or otherwise with keys from the client secret. With given keys, the client
 * secrets still open tokens and recognise digests from before.
 * @param clientSecrets the current one first, then earlier ones
 * @throws {KeysUnavailableError} when the function `keys` fails or does not answer
 * @throws {ConfigurationError} when the function returns invalid keys
 */
export async function openKeys(
  clientId: string,
  clientSecrets: readonly [string, ...string[]],
  given: KeyRing | KeySource | undefined,
): Promise<Keys> {
  const keys = typeof given === 'function' ? await keysFrom(given) : given;
  const [current, ...earlier] = clientSecrets;
  if (keys === undefined) return keysOf(clientId, current, earlier);
  return keysOf(clientId, keys.current, [...(keys.previous ?? []), ...new Set(clientSecrets)]);
}

async function keysFrom(source: KeySource): Promise<KeyRing> {
  const given = await callInTime(source);
  const faults = new Faults();
  const keys = keyRingOf('keys()', given, faults);
  if (keys === undefined) throw new ConfigurationError(faults.found);
  return keys;
}

async function callInTime(source: KeySource): Promise<unknown> {
  const reason = `no answer within ${String(KEYS_WITHIN_MS / 1_000)} s`;
  try {
    const asking = Promise.resolve().then(source);
    return await within(KEYS_WITHIN_MS, asking, () => new KeysUnavailableError(reason));
  } catch (error) {
    throw error instanceof KeysUnavailableError ? error : new KeysUnavailableError(kindOf(error));
  }
}

/** The name and the code of an error, without its message, which may contain a secret. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no error object';
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[\w.-]{1,64}$/.test(code) ? `${error.name}, ${code}` : error.name;
}
