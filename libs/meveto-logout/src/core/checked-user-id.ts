/**
 * The user id as the text that is compared everywhere.
 * @throws {TypeError} for a value that identifies no user: nothing, a blank text, an object, or an inexact number
 */
export function checkedUserId(method: string, userId: unknown): string {
  const isUsable =
    (typeof userId === 'string' && userId.trim() !== '') ||
    typeof userId === 'bigint' ||
    Number.isSafeInteger(userId);
  if (isUsable) return String(userId);
  throw new TypeError(
    `${method}: userId is ${safeNameOf(userId)}. Give the user's own id: a text, a whole number up to 2^53 - 1, or a bigint.`,
  );
}

/** Describes a value for an error message. Never shows the content of an object: it may be secret. */
export function safeNameOf(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'number') return String(value);
  if (typeof value === 'string') return value.trim() === '' ? 'an empty text' : 'a text';
  return Array.isArray(value) ? 'an array' : `of type ${typeof value}`;
}
