import type { ClaimedJob, Release } from '../store/index.js';
import { type AttemptOutcome, isClientErrorReason } from './exchange-limiter.js';

const FIRST_MS = 1_000;
const CAP_MS = 30_000;
const LATE_CAP_MS = 300_000;
const LATE_AFTER_MS = 600_000;
const RETRY_AFTER_CAP_MS = 30_000;
const MAX_REASON_CHARS = 64;

/**
 * Pause before the next attempt, in milliseconds: doubles from one second to at most 30 s during a job's first ten minutes,
 * and to at most 5 minutes later. A random part of up to one half is subtracted, so that jobs do not retry in step.
 * @param ageMs age of the job since its receipt, in milliseconds
 * @param random 0 to 1
 */
export function backoffMs(attempts: number, ageMs: number, random: number): number {
  const cap = ageMs < LATE_AFTER_MS ? CAP_MS : LATE_CAP_MS;
  const full = Math.min(cap, FIRST_MS * 2 ** Math.min(attempts - 1, 20));
  return Math.round(full * (0.5 + random / 2));
}

/** What the store records of an attempt without an answer that counts, with the pause before the next one. */
export function failureOf(
  { attempts, receivedTick }: ClaimedJob,
  { reason, maybeSent, retryAfterMs }: Extract<AttemptOutcome, { kind: 'retry' }>,
): Release {
  const pauseMs = backoffMs(attempts, performance.now() - receivedTick, Math.random());
  return {
    delayMs: Math.max(pauseMs, Math.min(retryAfterMs ?? 0, RETRY_AFTER_CAP_MS)),
    maybeSent,
    reason: reason.slice(0, MAX_REASON_CHARS),
    ...(isClientErrorReason(reason) && { isClientError: true }),
  };
}
