import { parseMevetoCall } from '../model/meveto-call.js';
import type { PendingCall, PendingPage } from './pending-calls.port.js';
import { DEFAULT_FIELDS, DEFAULT_STATUS, type PendingFields, valueAt } from './pending-fields.js';

const ID = /^[\x21-\x7e]{1,191}$/;
const ZONELESS = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?$/;
const HAS_FRACTION = /:\d\d\.\d/;
/** Numbers below are seconds, or no times at all. */
const MIN_EPOCH_MS = 100_000_000_000;
const MAX_CURSOR_CHARS = 1_024;

/** Where things stand in an answer, and what its status must be; undefined: anything. */
export interface PageShape {
  readonly fields: PendingFields;
  readonly expectedStatus: string | undefined;
}

/**
 * Meveto's answer to a page of pending calls; undefined when it is no such page.
 * @see docs/protocol.md#pending-calls
 */
export function pendingPageOf(
  body: string,
  { fields, expectedStatus }: PageShape = { fields: DEFAULT_FIELDS, expectedStatus: DEFAULT_STATUS },
): PendingPage | undefined {
  const answer = parsed(body);
  const isExpected = expectedStatus === undefined || valueAt(answer, fields.status) === expectedStatus;
  return isExpected ? pendingPageIn(answer, fields) : undefined;
}

/**
 * A page in what was given; undefined when there is none. Entries that are not understood are left out and counted, so that
 * one bad entry does not hide the others.
 */
export function pendingPageIn(given: unknown, fields: PendingFields): PendingPage | undefined {
  const entries = valueAt(given, fields.calls);
  if (!Array.isArray(entries)) return undefined;
  const calls = entries
    .map((entry: unknown) => pendingCallOf(entry, fields))
    .filter((call) => call !== undefined);
  const next = textOf(valueAt(given, fields.next));
  // Taken for the end of the list, it would hide all that comes after it.
  if (!isEnd(next) && !isCursor(next)) return undefined;
  return { calls, skippedCount: entries.length - calls.length, next: isCursor(next) ? next : undefined };
}

const isEnd = (next: unknown): boolean =>
  next === undefined || next === null || next === '' || next === false;

const isCursor = (next: unknown): next is string =>
  typeof next === 'string' && next !== '' && next.length <= MAX_CURSOR_CHARS;

function pendingCallOf(entry: unknown, fields: PendingFields): PendingCall | undefined {
  const id = textOf(valueAt(entry, fields.id));
  if (typeof id !== 'string' || !ID.test(id)) return undefined;
  const call = parseMevetoCall({
    type: valueAt(entry, fields.type),
    user_token: valueAt(entry, fields.userToken),
  });
  if (call.kind !== 'call') return undefined;
  return { id, type: call.type, token: call.token, createdAt: instantOf(valueAt(entry, fields.createdAt)) };
}

const textOf = (value: unknown): unknown => (typeof value === 'number' ? String(value) : value);

/**
 * When a call was made, if it says so. Without a zone it is UTC, wherever this runs. A time in whole seconds stands for the
 * last millisecond of its second: a session that began in that second is taken for an earlier one.
 */
function instantOf(given: unknown): number | undefined {
  const text = given instanceof Date ? given.getTime() : given;
  if (typeof text === 'number') return Number.isSafeInteger(text) && text >= MIN_EPOCH_MS ? text : undefined;
  if (typeof text !== 'string') return undefined;
  const at = Date.parse(ZONELESS.test(text) ? `${text.replace(' ', 'T')}Z` : text);
  if (Number.isNaN(at)) return undefined;
  return HAS_FRACTION.test(text) ? at : at + 999;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
