import type { PendingWebhook } from './pending-webhooks.port.js';

/** Meveto lists and sends a webhook at the same time. The request of a younger webhook may still be on its way. */
const DELIVERY_TIME_MS = 10_000;

/**
 * Whether a listed webhook without a job here counts as a missed delivery: it is older than a delivery takes, or its age is
 * unknown.
 */
export const isMissedDelivery = ({ createdAt }: PendingWebhook, now: number): boolean =>
  createdAt === undefined || now - createdAt > DELIVERY_TIME_MS;
