import { brand, MevetoLogoutError } from '../core/index.js';

/** The user authenticated at or before their last logout, so this login does not count. Let the user log in again. */
export class LoginOutdatedError extends MevetoLogoutError {
  static {
    brand(this, 'LoginOutdatedError');
  }

  override readonly code = 'ERR_MEVETO_LOGIN_OUTDATED';
  constructor(
    readonly authenticatedAt: number,
    readonly loggedOutAt: number,
  ) {
    super('The user was logged out after this authentication. Ask the user to log in again.');
  }
}

/** The user table has no row with the given user id. */
export class UnknownUserError extends MevetoLogoutError {
  static {
    brand(this, 'UnknownUserError');
  }

  override readonly code = 'ERR_MEVETO_UNKNOWN_USER';
  constructor() {
    super('No user with this id. Give the id of a stored user.');
  }
}

interface StoreErrorOptions extends ErrorOptions {
  readonly isRowFault?: boolean;
}

/** The store did not answer in time, or refused the operation. Try again after `retryAfterMs` (milliseconds). */
export class StoreUnavailableError extends MevetoLogoutError {
  static {
    brand(this, 'StoreUnavailableError');
  }

  override readonly code = 'ERR_MEVETO_STORE_UNAVAILABLE';
  readonly retryAfterMs = 2_000;
  /** Whether the database answers, but refuses one of the rows or keeps it locked. Other rows can still be written. */
  readonly isRowFault: boolean;
  constructor(operation: string, { isRowFault = false, ...options }: StoreErrorOptions = {}) {
    super(`The store is not available (${operation}). Try again shortly; nothing was acknowledged.`, options);
    this.isRowFault = isRowFault;
  }
}
