import type { WebhookDelivery } from './webhook-delivery.js';

/** One page of the list of pending webhooks. */
export interface PendingPage {
  readonly deliveries: readonly WebhookDelivery[];
  /** Cursor of the next page; `null` on the last page. */
  readonly next: string | null;
}

/**
 * Whether a webhook is on the list of pending webhooks: until it is acknowledged or, after the failure of its last attempt,
 * until its token is used up, because no acknowledgement follows then.
 */
export function isPending(delivery: WebhookDelivery, isUsedUp: (userToken: string) => boolean): boolean {
  switch (delivery.state) {
    case 'delivering':
      return true;
    case 'acknowledged':
      return false;
    case 'failed':
      return !isUsedUp(delivery.userToken);
  }
}

/**
 * Returns a page of the pending deliveries, oldest first. The cursor is the sequence number of the last webhook
 * of the previous page, so that deliveries which finish between two pages do not shift the others.
 */
export function pageOf(pending: readonly WebhookDelivery[], cursor: number, size: number): PendingPage {
  const rest = pending.filter((delivery) => delivery.sequence > cursor);
  const deliveries = rest.slice(0, size);
  const last = deliveries.at(-1);
  return { deliveries, next: last && rest.length > size ? String(last.sequence) : null };
}
