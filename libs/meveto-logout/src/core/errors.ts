import { brand } from './brand.js';

/** Stable codes of this package's errors. Compare codes in bundles, which may duplicate classes. */
export type MevetoErrorCode =
  | 'ERR_MEVETO_JOB_NOT_RESOLVABLE'
  | 'ERR_MEVETO_CONFIGURATION'
  | 'ERR_MEVETO_KEYS_UNAVAILABLE'
  | 'ERR_MEVETO_LOGIN_OUTDATED'
  | 'ERR_MEVETO_UNKNOWN_USER'
  | 'ERR_MEVETO_STORE_UNAVAILABLE'
  | 'ERR_MEVETO_INBOX_FULL'
  | 'ERR_MEVETO_LOGOUT_UNFINISHED'
  | 'ERR_MEVETO_PENDING_WEBHOOKS_UNAVAILABLE';

/** Base of every error that this package throws. */
export abstract class MevetoLogoutError extends Error {
  static {
    brand(this, 'MevetoLogoutError');
  }

  abstract readonly code: MevetoErrorCode;
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The options or the database of the application are not valid. Thrown at start, with all faults at once. */
export class ConfigurationError extends MevetoLogoutError {
  static {
    brand(this, 'ConfigurationError');
  }

  override readonly code = 'ERR_MEVETO_CONFIGURATION';
  constructor(readonly faults: readonly string[]) {
    super(`MevetoLogoutModule cannot start:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  }
}

/** The function `keys` failed at start. The message does not contain the original error, which may hold a secret. */
export class KeysUnavailableError extends MevetoLogoutError {
  static {
    brand(this, 'KeysUnavailableError');
  }

  override readonly code = 'ERR_MEVETO_KEYS_UNAVAILABLE';
  constructor(readonly reason: string) {
    super(
      `keys: the function gave no keys (${reason}). Check that it works by itself, e.g. its access to the KMS.`,
    );
  }
}
