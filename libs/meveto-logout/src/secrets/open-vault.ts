import { ConfigurationError, KeysUnavailableError } from '../errors.js';
import { Faults } from '../options/checks.js';
import { keyRingOf } from '../options/key-checks.js';
import type { KeyRing, KeySource } from '../options/key-options.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { TokenVault } from './token-vault.js';

const KEYS_WITHIN_MS = 30_000;

/**
 * The vault with the keys that the options name: the application's own ones, else those that come from the client secret.
 * @throws {KeysUnavailableError} when the function that should give the keys fails or does not answer.
 * @throws {ConfigurationError} when it gives keys that are none.
 */
export async function openVault(
  options: Pick<ResolvedOptions, 'clientId' | 'clientSecret' | 'keys' | 'previousClientSecrets'>,
): Promise<TokenVault> {
  const { clientId, clientSecret, previousClientSecrets } = options;
  const keys = typeof options.keys === 'function' ? await asked(options.keys) : options.keys;
  const earlier = [...(keys?.previous ?? []), ...previousClientSecrets];
  return new TokenVault(clientId, keys?.current ?? clientSecret, earlier);
}

async function asked(source: KeySource): Promise<KeyRing> {
  const given = await inTime(source);
  const faults = new Faults();
  const keys = keyRingOf('keys()', given, faults);
  if (keys === undefined) throw new ConfigurationError(faults.found);
  return keys;
}

async function inTime(source: KeySource): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new KeysUnavailableError(`no answer within ${String(KEYS_WITHIN_MS / 1_000)} s`));
    }, KEYS_WITHIN_MS);
  });
  try {
    return await Promise.race([Promise.resolve().then(source), tooLate]);
  } catch (error) {
    throw error instanceof KeysUnavailableError ? error : new KeysUnavailableError(kindOf(error));
  } finally {
    clearTimeout(timer);
  }
}

/** What kind of error it is: its text may hold what no log may. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no error object';
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[\w.-]{1,64}$/.test(code) ? `${error.name}, ${code}` : error.name;
}
