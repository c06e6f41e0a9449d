import type { WebhookDelivery } from './webhook-delivery.js';

/** One page of the pending list. */
export interface PendingPage {
  readonly deliveries: readonly WebhookDelivery[];
  /** Where the next page begins; `null` on the last one. */
  readonly next: string | null;
}

/**
 * Whether a call is on the pending list: until it is acknowledged while attempts are still made, and after the last
 * failure until its token is used up, since nobody will ever acknowledge it then.
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
 * Cuts a page out of the pending deliveries, oldest first. The cursor is the sequence number of the last call
 * already read, so that calls which are settled between two pages shift nothing.
 */
export function pageOf(pending: readonly WebhookDelivery[], cursor: number, size: number): PendingPage {
  const rest = pending.filter((delivery) => delivery.sequence > cursor);
  const deliveries = rest.slice(0, size);
  const last = deliveries.at(-1);
  return { deliveries, next: last && rest.length > size ? String(last.sequence) : null };
}
