import type { History } from './history.js';

/**
 * For answers that named a person and were delivered completely to processes that were killed before they recorded
 * them: how many milliseconds each process had its answer. The shorter, the less the checker must excuse.
 */
export function diedWithAnswers({ events, exchanges, deaths, rowsByDigest, digestOf }: History): number[] {
  const doubtful = new Set(
    events
      .filter(({ mevetoId }) => mevetoId !== undefined)
      .flatMap(({ tokens }) => tokens)
      .filter((token) => rowsByDigest.get(digestOf(token))?.['state'] === 'ambiguous'),
  );
  const killedAt = new Map(
    deaths.filter(({ signal }) => signal === 'SIGKILL').map(({ caller, at }) => [caller, at]),
  );
  return exchanges
    .filter(({ token, outcome, isDelivered, fault }) => {
      return doubtful.has(token) && outcome === 'person' && isDelivered && fault === 'none';
    })
    .flatMap(({ caller, endedAt, beganAt }) => {
      const at = killedAt.get(caller);
      return at === undefined ? [] : [Math.max(0, at - (endedAt ?? beganAt))];
    })
    .sort((a, b) => a - b);
}
