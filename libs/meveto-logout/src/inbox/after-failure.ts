import type { ClaimedCall, Release } from './inbox.port.js';

/** A claim that is kept for the next attempt, after one that failed. */
export function afterFailure(call: ClaimedCall, { maybeSent, isRefusal = false }: Release): ClaimedCall {
  const { attempts, earlierAttemptUnknown, turnedAwayTimes } = call;
  const wasOnlyTurnedAway = !earlierAttemptUnknown || turnedAwayTimes > 0;
  return {
    ...call,
    attempts: attempts + 1,
    earlierAttemptUnknown: earlierAttemptUnknown || maybeSent,
    turnedAwayTimes: isRefusal && wasOnlyTurnedAway ? turnedAwayTimes + 1 : maybeSent ? 0 : turnedAwayTimes,
  };
}
