import type { PendingWebhook, PendingPage } from './pending-webhooks.port.js';
import { parseWebhookMessage } from './webhook-message.js';

const ID = /^[\x21-\x7e]{1,191}$/;
const ZONELESS = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?$/;
const HAS_FRACTION = /:\d\d\.\d/;
/** Smaller numbers are seconds, or no instants at all. */
const MIN_EPOCH_MS = 100_000_000_000;
const MAX_CURSOR_CHARS = 1_024;

/** Names of the values of an entry. */
interface EntryNames {
  readonly type: string;
  readonly userToken: string;
  readonly createdAt: string;
}

const ASSUMED_STATUS = 'Pending_Webhooks_Retrieved';
const ASSUMED_NAMES: EntryNames = { type: 'type', userToken: 'user_token', createdAt: 'created_at' };
const SOURCE_NAMES: EntryNames = { type: 'type', userToken: 'userToken', createdAt: 'createdAt' };

/**
 * Parses an answer of Meveto as a page of the list of pending webhooks. Returns undefined when the answer is no such page.
 * @see docs/protocol.md#list-of-pending-webhooks
 */
export function pendingPageOf(body: string): PendingPage | undefined {
  const answer = parsed(body);
  if (valueOf(answer, 'status') !== ASSUMED_STATUS) return undefined;
  return pageIn(valueOf(answer, 'payload'), ASSUMED_NAMES);
}

/** Reads a page of a source of the application. Returns undefined when the value is no page. */
export const sourcePageOf = (given: unknown): PendingPage | undefined => pageIn(given, SOURCE_NAMES);

/** Skips and counts entries that are not understood, so that one bad entry does not hide the others. */
function pageIn(given: unknown, names: EntryNames): PendingPage | undefined {
  const entries = valueOf(given, 'webhooks');
  if (!Array.isArray(entries)) return undefined;
  const webhooks = entries
    .map((entry: unknown) => pendingWebhookOf(entry, names))
    .filter((webhook) => webhook !== undefined);
  const next = textOf(valueOf(given, 'next'));
  // If an unusable cursor counted as the end of the list, all later pages would be lost.
  if (!isEnd(next) && !isCursor(next)) return undefined;
  return {
    webhooks,
    skippedCount: entries.length - webhooks.length,
    next: isCursor(next) ? next : undefined,
  };
}

/** Only own properties count. */
const valueOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;

const isEnd = (next: unknown): boolean =>
  next === undefined || next === null || next === '' || next === false;

const isCursor = (next: unknown): next is string =>
  typeof next === 'string' && next !== '' && next.length <= MAX_CURSOR_CHARS;

function pendingWebhookOf(entry: unknown, names: EntryNames): PendingWebhook | undefined {
  const id = textOf(valueOf(entry, 'id'));
  if (typeof id !== 'string' || !ID.test(id)) return undefined;
  const message = parseWebhookMessage({
    type: valueOf(entry, names.type),
    user_token: valueOf(entry, names.userToken),
  });
  if (message.kind !== 'job') return undefined;
  const createdAt = instantOf(valueOf(entry, names.createdAt));
  return { id, kind: message.jobKind, token: message.token, createdAt };
}

const textOf = (value: unknown): unknown => (typeof value === 'number' ? String(value) : value);

/**
 * Returns the time of a webhook, if it has one. A time without a zone is UTC, whatever the zone of this process. A time in
 * whole seconds means the last millisecond of its second: a session that began in that second counts as earlier.
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
