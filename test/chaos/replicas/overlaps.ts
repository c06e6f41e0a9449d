import type { Exchange } from '../world/model-meveto.js';

/** The time in which a process was paused. */
export interface Pause {
  readonly caller: string;
  readonly from: number;
  readonly until: number;
}

/** A resumed process sends its pending request within this time. */
const WAKES_WITHIN_MS = 200;

/**
 * Tokens that were exchanged a second time while a first exchange was in flight. Promise P4 excuses a process that was
 * paused between its check of the lease and the request: it sends the request right after it is resumed.
 */
export function overlapsOf(exchanges: readonly Exchange[], pauses: readonly Pause[]): string[] {
  const latest = new Map<string, Exchange>();
  return exchanges.flatMap((later) => {
    const earlier = latest.get(later.token);
    latest.set(later.token, later);
    const isOverlap = earlier !== undefined && later.beganAt < (earlier.endedAt ?? Infinity);
    if (!isOverlap || [earlier, later].some((each) => isExcused(each, pauses))) return [];
    return [`a token was asked about by ${earlier.caller} and ${later.caller} at the same time`];
  });
}

const isExcused = ({ caller, beganAt, endedAt = Infinity }: Exchange, pauses: readonly Pause[]): boolean =>
  pauses.some(
    (pause) => pause.caller === caller && beganAt < pause.until + WAKES_WITHIN_MS && endedAt > pause.from,
  );
