/** Stable codes of this package's errors: match by code, since bundlers may duplicate classes. */
export type MevetoErrorCode =
  | 'ERR_MEVETO_CALL_NOT_RESOLVABLE'
  | 'ERR_MEVETO_CONFIGURATION'
  | 'ERR_MEVETO_KEYS_UNAVAILABLE'
  | 'ERR_MEVETO_LOGIN_OUTDATED'
  | 'ERR_MEVETO_UNKNOWN_USER'
  | 'ERR_MEVETO_STORE_UNAVAILABLE'
  | 'ERR_MEVETO_INBOX_FULL'
  | 'ERR_MEVETO_LOGOUT_UNFINISHED'
  | 'ERR_MEVETO_PENDING_CALLS_UNAVAILABLE';

/** Base of every error that this package throws. */
export abstract class MevetoLogoutError extends Error {
  abstract readonly code: MevetoErrorCode;
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The application's options, or its database, do not fit. Thrown at start, with all faults at once. */
export class ConfigurationError extends MevetoLogoutError {
  override readonly code = 'ERR_MEVETO_CONFIGURATION';
  constructor(readonly faults: readonly string[]) {
    super(`MevetoLogoutModule cannot start:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  }
}

/** The function that should give the keys failed at start. What it threw is not passed on: it may hold a secret. */
export class KeysUnavailableError extends MevetoLogoutError {
  override readonly code = 'ERR_MEVETO_KEYS_UNAVAILABLE';
  constructor(readonly reason: string) {
    super(
      `keys: the function gave no keys (${reason}). Check that it works by itself, e.g. its access to the KMS.`,
    );
  }
}

/** The person proved who they are at or before their last logout: that login must not count. Let them log in again. */
export class LoginOutdatedError extends MevetoLogoutError {
  override readonly code = 'ERR_MEVETO_LOGIN_OUTDATED';
  constructor(
    readonly authenticatedAt: number,
    readonly loggedOutAt: number,
  ) {
    super('The person was logged out by Meveto after proving who they are. Ask them to log in again.');
  }
}

/** `recordLogin` was called for a user id that the user table does not have. */
export class UnknownUserError extends MevetoLogoutError {
  override readonly code = 'ERR_MEVETO_UNKNOWN_USER';
  constructor() {
    super('No user with this id. Call recordLogin with the id of a stored user.');
  }
}

/** The store did not answer in time, or refused. Try again after `retryAfterMs`. */
export class StoreUnavailableError extends MevetoLogoutError {
  override readonly code = 'ERR_MEVETO_STORE_UNAVAILABLE';
  readonly retryAfterMs = 2_000;
  constructor(operation: string, options?: ErrorOptions) {
    super(`The store is not available (${operation}). Try again shortly; nothing was acknowledged.`, options);
  }
}

/** Meveto's pending list could not be read. The next look comes by itself. */
export class PendingCallsUnavailableError extends MevetoLogoutError {
  override readonly code = 'ERR_MEVETO_PENDING_CALLS_UNAVAILABLE';
  /** @param retryAfterMs when Meveto wants to be asked again, if it said so */
  constructor(
    readonly reason: string,
    readonly retryAfterMs?: number,
  ) {
    super(
      `Meveto’s pending list could not be read (${reason}). Check reconcile.path and the client’s credentials if it lasts.`,
    );
  }
}

/** Too many calls wait to be worked on. Meveto tries again, and the pending list names what it gives up on. */
export class InboxFullError extends MevetoLogoutError {
  override readonly code = 'ERR_MEVETO_INBOX_FULL';
  readonly retryAfterMs = 60_000;
  constructor(
    message = 'Too many calls are waiting. If they are forged, set webhook.secretPath and register the new URL with Meveto.',
  ) {
    super(message);
  }
}

/** The call is stored and being worked on, but has not ended in time to be acknowledged. Meveto tries again. */
export class LogoutUnfinishedError extends MevetoLogoutError {
  override readonly code = 'ERR_MEVETO_LOGOUT_UNFINISHED';
  readonly retryAfterMs = 5_000;
  constructor() {
    super('The logout is still being worked on. It goes on by itself; acknowledge it when it is repeated.');
  }
}

/** `resolveCall` was called for a call that is neither ambiguous nor expired: it has ended otherwise, or there is none. */
export class CallNotResolvableError extends MevetoLogoutError {
  override readonly code = 'ERR_MEVETO_CALL_NOT_RESOLVABLE';
  constructor() {
    super('No ambiguous or expired call has this id. See listCalls: it may have ended in the meantime.');
  }
}
