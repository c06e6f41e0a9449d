import { checkedUserId, safeNameOf } from '../core/index.js';
import type { SessionFacts } from './session.js';
import { instantOf } from './fact-readers.js';

/** A session or token that the application's own code checks. */
export interface SessionToCheck {
  /** The application's own id of the user. */
  readonly userId: string | number | bigint;
  /**
   * The result of `recordLogin` at the start of the session: epoch milliseconds, a Date, or an ISO 8601 string. Without a valid
   * date the session is over as soon as its user was ever logged out.
   */
  readonly signedInAt?: number | string | Date | null | undefined;
}

/** Smaller numbers are before 1973 in milliseconds, and up to the year 5138 in seconds: they count as seconds. */
const EARLIEST_MS = 100_000_000_000;
/** Larger numbers are after the year 5138 in milliseconds, and from 1973 on in microseconds: they are refused. */
const LATEST_MS = 100_000_000_000_000;

/** @throws {TypeError} for an invalid user id, and for a start in another unit than milliseconds. */
export function checkedFacts(method: string, session: SessionToCheck): SessionFacts {
  if (typeof session !== 'object' || (session as unknown) === null) {
    throw new TypeError(`${method}: got ${safeNameOf(session)}, expected { userId, signedInAt }.`);
  }
  const { userId, signedInAt } = session;
  const at = instantOf(signedInAt);
  const isNumber = typeof signedInAt === 'number' || /^\d+$/.test(String(signedInAt));
  if (isNumber && at !== undefined) checkUnit(method, at);
  return { userId: checkedUserId(method, userId), signedInAt: at };
}

function checkUnit(method: string, at: number): void {
  if (at < EARLIEST_MS) {
    throw new TypeError(
      `${method}: signedInAt is ${String(at)}, which looks like seconds. Pass epoch milliseconds: seconds × 1,000.`,
    );
  }
  if (at >= LATEST_MS && at < Infinity) {
    throw new TypeError(
      `${method}: signedInAt is ${String(at)}, which is too large. Pass epoch milliseconds.`,
    );
  }
}
