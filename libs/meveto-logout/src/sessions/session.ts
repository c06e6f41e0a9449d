/** The user of a session or access token, and its start. */
export interface SessionFacts {
  /** The application's own id of the user. Compared as a string everywhere: 1, 1n and '1' are the same user. */
  readonly userId: string | number | bigint;
  /**
   * The start of the session in epoch milliseconds of the store's clock, as `recordLogin` returns it. Without a number the
   * session is refused as soon as its user was ever logged out.
   */
  readonly signedInAt: number | undefined;
}

/** The JWT claim with the start of the session in epoch milliseconds: `iat` has only whole seconds. */
export const SIGNED_IN_AT_CLAIM = 'signed_in_at';
