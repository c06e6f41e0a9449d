import { parseMevetoCall } from '../model/meveto-call.js';
import type { PendingCall, PendingPage } from './pending-calls.port.js';

const RETRIEVED = 'Pending_Webhooks_Retrieved';
const ID = /^[\x21-\x7e]{1,191}$/;
const ZONELESS = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?$/;
const HAS_FRACTION = /:\d\d\.\d/;
const MAX_CURSOR_CHARS = 1_024;

/**
 * Meveto's answer to a page of pending calls; undefined when it is no such page. Entries that are not understood are
 * left out and counted, so that one bad entry does not hide the others.
 * @see docs/protocol.md#pending-calls
 */
export function pendingPageOf(body: string): PendingPage | undefined {
  const answer = objectIn(parsed(body));
  const payload = objectIn(answer?.['payload']);
  if (answer?.['status'] !== RETRIEVED || !Array.isArray(payload?.['webhooks'])) return undefined;
  const entries: unknown[] = payload['webhooks'];
  const calls = entries.map(pendingCallOf).filter((call) => call !== undefined);
  const next = typeof payload['next'] === 'number' ? String(payload['next']) : payload['next'];
  return {
    calls,
    skippedCount: entries.length - calls.length,
    next: typeof next === 'string' && next !== '' && next.length <= MAX_CURSOR_CHARS ? next : undefined,
  };
}

function pendingCallOf(entry: unknown): PendingCall | undefined {
  const facts = objectIn(entry);
  if (facts === undefined) return undefined;
  const id = typeof facts['id'] === 'number' ? String(facts['id']) : facts['id'];
  if (typeof id !== 'string' || !ID.test(id)) return undefined;
  const call = parseMevetoCall(facts);
  if (call.kind !== 'call') return undefined;
  return { id, type: call.type, token: call.token, createdAt: instantOf(facts['created_at']) };
}

/**
 * When a call was made, if it says so. Without a zone it is UTC, wherever this runs. A time in whole seconds stands for the
 * last millisecond of its second: a session that began in that second is taken for an earlier one.
 */
function instantOf(text: unknown): number | undefined {
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

const objectIn = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
