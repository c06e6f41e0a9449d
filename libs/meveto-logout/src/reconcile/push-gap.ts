import type { PendingCall } from './pending-calls.port.js';

/** Meveto lists a call and delivers it in the same moment: younger than this, its push may be on its way. */
export const PUSH_TIME_MS = 10_000;

/**
 * Whether a listed call that is new here says that push delivery failed: it is older than a push takes, or nobody knows how
 * old it is.
 */
export const isPushGap = ({ createdAt }: PendingCall, now: number): boolean =>
  createdAt === undefined || now - createdAt > PUSH_TIME_MS;
