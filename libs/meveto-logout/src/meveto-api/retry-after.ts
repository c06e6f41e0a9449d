/**
 * What a Retry-After header says in milliseconds from `now` on: seconds, or an HTTP date (never less than 0). Undefined when
 * it says neither.
 */
export function retryAfterMsOf(header: unknown, now: number): number | undefined {
  if (typeof header !== 'string') return undefined;
  if (/^\d{1,6}$/.test(header)) return Number(header) * 1_000;
  const at = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(header)
    ? Date.parse(header)
    : NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
