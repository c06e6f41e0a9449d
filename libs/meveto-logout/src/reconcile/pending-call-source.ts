/** One call of Meveto's pending list, as a source of the application's own gives it. */
export interface SourceCall {
  /** By which it is recognised when it is listed again: 1 to 191 printable ASCII characters without spaces. */
  readonly id: string | number;
  /** As in a webhook call: 'User_Logged_Out' or 'Meveto_Protection_Removed'. */
  readonly type: string;
  /** The one-time token. It is sealed at once; keep and log no copy of it. */
  readonly userToken: string;
  /** When Meveto made the call: a Date, epoch milliseconds or ISO 8601. Sessions that began later are left alone. */
  readonly createdAt?: Date | number | string | undefined;
}

export interface SourcePage {
  readonly calls: readonly SourceCall[];
  /** Where the next page starts; nothing on the last one. */
  readonly next?: string | undefined;
}

/**
 * Reads Meveto's pending list in the application's own way, given as `reconcile.source`.
 * @see docs/protocol.md#pending-calls
 */
export interface PendingCallSource {
  /**
   * One page of the list. It is broken off by `signal` after `exchange.timeoutMs` or when the process stops. Whatever it
   * throws is a failed look, which is repeated later; of a `PendingCallsUnavailableError`, `retryAfterMs` is kept to. Texts
   * of errors are never logged.
   * @param cursor what the page before gave as `next`; undefined for the first one
   */
  page(cursor: string | undefined, signal: AbortSignal): Promise<SourcePage>;
}
