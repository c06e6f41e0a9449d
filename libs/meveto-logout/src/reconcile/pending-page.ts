import { parseMevetoCall } from '../model/meveto-call.js';
import type { PendingCall, PendingPage } from './pending-calls.port.js';

const RETRIEVED = 'Pending_Webhooks_Retrieved';
const MAX_ID_CHARS = 191;
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
  if (typeof id !== 'string' || id === '' || id.length > MAX_ID_CHARS) return undefined;
  const call = parseMevetoCall(facts);
  if (call.kind !== 'call') return undefined;
  return { id, type: call.type, token: call.token, createdAt: instantOf(facts['created_at']) };
}

function instantOf(text: unknown): number | undefined {
  // Without a zone it is UTC, wherever this runs.
  const at =
    typeof text === 'string' ? Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
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
