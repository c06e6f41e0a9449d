import type { JobKind, UserToken } from '../store/index.js';

/** A webhook that Meveto lists as not delivered. */
export interface PendingWebhook {
  readonly id: string;
  readonly kind: JobKind;
  readonly token: UserToken;
  /** Epoch milliseconds, if Meveto names a time. */
  readonly createdAt: number | undefined;
}

export interface PendingPage {
  readonly webhooks: readonly PendingWebhook[];
  /** Number of entries that were not understood and were skipped. */
  readonly skippedCount: number;
  /** Cursor of the next page; undefined on the last page. */
  readonly next: string | undefined;
}

/**
 * Meveto's list of webhooks that were not delivered. Meveto does not document its format: this port is the one place to
 * replace.
 * @see docs/protocol.md#list-of-pending-webhooks
 */
export abstract class PendingWebhooks {
  /** @throws {PendingWebhooksUnavailableError} when Meveto does not answer, or not as expected. */
  abstract page(cursor: string | undefined, signal: AbortSignal): Promise<PendingPage>;
}
