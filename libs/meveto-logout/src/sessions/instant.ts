/** Converts a number, a Date or a date as text to epoch milliseconds; undefined for anything else. */
export function instantOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (value instanceof Date) return value.getTime();
  if (typeof value !== 'string') return undefined;
  const at = /^\d+$/.test(value) ? Number(value) : Date.parse(value);
  return Number.isNaN(at) ? undefined : at;
}

/** Whether the value can be a user id: a non-empty string, a finite number (including 0) or a bigint. */
export const isUserId = (value: unknown): value is string | number | bigint =>
  typeof value === 'bigint' || (typeof value === 'string' ? value !== '' : Number.isFinite(value));
