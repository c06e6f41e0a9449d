import { keysOf, previousSecretsOf } from './key-checks.js';
import type { Faults } from './faults.js';
import type { KeyRing, KeySource } from './key-options.js';
import { type Resolved, resolveTable, type TableOf } from './option-table.js';

/** Keys for sealing and for digests. */
export interface KeyOptions {
  /**
   * Client secrets from which keys were derived before, newest first: tokens that were sealed with them still open, and
   * their digests are still recognised. Needed after the client secret was changed; see `KeyRing.previous` for how long.
   * @defaultValue []
   */
  readonly previousClientSecrets?: readonly string[];
  /**
   * The application's own keys instead of the client secret: material of at least 32 bytes, or a function that returns the
   * keys at start, e.g. from a KMS.
   * @defaultValue derived from `clientSecret`
   * @see docs/modes.md#keys
   */
  readonly keys?: KeyRing | KeySource;
}

export const keyTable = {
  previousClientSecrets: {
    shape: 'list of texts',
    byDefault: '[]',
    read: (_name, given, faults) => previousSecretsOf(given, faults),
  },
  keys: {
    shape: '`{ current, previous }`, or a function',
    byDefault: 'derived from `clientSecret`',
    read: (_name, given, faults) => keysOf(given, faults),
  },
} satisfies TableOf<KeyOptions>;

export type ResolvedKeys = Resolved<typeof keyTable>;

/** Token of the resolved options of this folder. */
export const KEY_OPTIONS = Symbol.for('nestjs-meveto-logout:key-options');

export const resolveKeys = (given: unknown, faults: Faults): ResolvedKeys =>
  resolveTable(keyTable, given, faults);
