import { timingSafeEqual } from 'node:crypto';
import type { Logout } from '../model/logout.js';

/** Logouts on their way to other replicas: who, and when; nothing that is secret. */
export interface ClusterMessage {
  readonly version: 1;
  /** JSON of `[[user id, logged out at], …]`. */
  readonly logouts: string;
  /** Keyed digest of `logouts`: other applications on the same bus, with users of the same ids, do not understand it. */
  readonly mac: string;
}

/** Makes the digests that a message may have. */
export interface MessageKeys {
  digestMessage(text: string): string;
  /** What earlier keys make of the same text: keys may be changed replica by replica. */
  earlierDigestsOfMessage(text: string): readonly string[];
}

/** A PostgreSQL notification carries less than 8,000 bytes; what is around the logouts takes some of it. */
const MAX_BYTES = 7_000;
/** What is taken for a message at all. */
const MAX_HEARD_CHARS = 1_000_000;

/** As few messages as will do, each small enough for every adapter. */
export function messagesOf(logouts: readonly Logout[], keys: MessageKeys): ClusterMessage[] {
  const messages: ClusterMessage[] = [];
  let entries: string[] = [];
  let bytes = 0;
  const close = (): void => {
    if (entries.length === 0) return;
    const text = `[${entries.join(',')}]`;
    messages.push({ version: 1, logouts: text, mac: keys.digestMessage(text) });
    entries = [];
    bytes = 0;
  };
  for (const { userId, loggedOutAt } of logouts) {
    const entry = JSON.stringify([userId, loggedOutAt]);
    // Within the message it is a text once more, with its quotes escaped.
    const size = Buffer.byteLength(JSON.stringify(entry));
    if (bytes + size > MAX_BYTES) close();
    entries.push(entry);
    bytes += size;
  }
  close();
  return messages;
}

/** The logouts of a message; undefined when it is none, another version's, or another application's. */
export function logoutsOf(message: unknown, keys: MessageKeys): readonly Logout[] | undefined {
  if (!isClusterMessage(message) || !isAuthentic(message, keys)) return undefined;
  try {
    const entries: unknown = JSON.parse(message.logouts);
    if (!Array.isArray(entries) || !entries.every(isEntry)) return undefined;
    return entries.map(([userId, loggedOutAt]) => ({ userId, loggedOutAt }));
  } catch {
    return undefined;
  }
}

function isClusterMessage(message: unknown): message is ClusterMessage {
  if (typeof message !== 'object' || message === null) return false;
  const { version, logouts, mac } = message as Record<string, unknown>;
  return (
    version === 1 &&
    typeof logouts === 'string' &&
    logouts.length <= MAX_HEARD_CHARS &&
    typeof mac === 'string'
  );
}

function isAuthentic({ logouts, mac }: ClusterMessage, keys: MessageKeys): boolean {
  return (
    isSame(mac, keys.digestMessage(logouts)) ||
    keys.earlierDigestsOfMessage(logouts).some((earlier) => isSame(mac, earlier))
  );
}

function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function isEntry(entry: unknown): entry is [string, number] {
  if (!Array.isArray(entry) || entry.length !== 2) return false;
  const [userId, loggedOutAt] = entry as unknown[];
  return typeof userId === 'string' && Number.isSafeInteger(loggedOutAt) && Number(loggedOutAt) >= 0;
}
