import type { Exchange } from '../world/model-meveto.js';

/** When a process stood still. */
export interface Pause {
  readonly caller: string;
  readonly from: number;
  readonly until: number;
}

/** A process that wakes up sends what it was about to send. */
const WAKES_WITHIN_MS = 200;

/**
 * Tokens that were asked about a second time while a first question was on its way. A process that stood still between its
 * look at the lease and the send is excused, by promise P4: it asks right after it woke up.
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
