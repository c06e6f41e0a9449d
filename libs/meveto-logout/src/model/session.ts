/** Who is asking, and since when: what a session or an access token says of itself. */
export interface SessionFacts {
  /** The application's own id of the user. Compared as a string everywhere: 1, 1n and '1' are the same user. */
  readonly userId: string | number | bigint;
  /**
   * When the session began, in epoch milliseconds of the store's clock, as `recordLogin` returned it. Missing or not a
   * number: the session is refused as soon as its user was ever logged out.
   */
  readonly signedInAt: number | undefined;
}
