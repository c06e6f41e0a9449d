/** One entry of Meveto's list of pending webhooks, as a source of the application returns it. */
export interface SourceWebhook {
  /** Identifies the webhook when it is listed again: 1 to 191 printable ASCII characters without spaces. */
  readonly id: string | number;
  /** As in a webhook request: 'User_Logged_Out' or 'Meveto_Protection_Removed'. */
  readonly type: string;
  /** The one-time token. The package seals it at once. Do not keep or log a copy. */
  readonly userToken: string;
  /** When Meveto created the webhook: a Date, epoch milliseconds or ISO 8601. Sessions that began later continue. */
  readonly createdAt?: Date | number | string | undefined;
}

export interface SourcePage {
  readonly webhooks: readonly SourceWebhook[];
  /** Cursor of the next page; absent on the last page. */
  readonly next?: string | undefined;
}

/** More of a request that a source sends with `get`. */
export interface SourceRequest {
  readonly query?: Readonly<Record<string, string>>;
  /** An `Authorization` header replaces HTTP Basic with client id and client secret. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a source gets for one page. */
export interface SourceContext {
  /** Aborted after `exchange.timeoutMs` and when the process stops. */
  readonly signal: AbortSignal;
  /**
   * Sends a GET request to Meveto through the package's own client and returns the parsed JSON of the answer: within the same
   * time, with at most 16 MiB, without redirects, with `outbound.agent`. Any answer but a JSON with HTTP 200 is an error. Do not
   * catch it: it says when Meveto wants to be asked again.
   * @param path below `apiUrl`, with a slash at the start
   */
  readonly get: (path: string, request?: SourceRequest) => Promise<unknown>;
}

/**
 * Code of the application that reads Meveto's list of pending webhooks, given as `reconcile.source`.
 * @see docs/protocol.md#list-of-pending-webhooks
 */
export interface PendingWebhookSource {
  /**
   * Returns one page of the list. An error is a failed poll, which is repeated later. `retryAfterMs` of a
   * `PendingWebhooksUnavailableError` is respected. Texts of errors are never logged.
   * @param cursor `next` of the previous page; undefined for the first page
   */
  page(cursor: string | undefined, context: SourceContext): Promise<SourcePage>;
}
