import { timingSafeEqual } from 'node:crypto';
import type { KeyedDigest } from '../core/index.js';
import { BY_MEVETO, type Logout } from '../store/index.js';

/**
 * A message of logouts to other replicas: users, times and reasons; no secrets. The reasons are in a separate field, so
 * that replicas of older versions can exchange logouts with newer ones.
 */
export interface ClusterMessage {
  readonly version: 1;
  /** JSON of `[[user id, logged out at], …]`. */
  readonly logouts: string;
  /**
   * Keyed digest of `logouts`: replicas refuse the messages of other applications on the same bus, whose user ids may
   * be equal.
   */
  readonly mac: string;
  /** JSON of `[reason, …]`, one per logout. Missing if Meveto asked for all of them. */
  readonly reasons?: string;
  /** Keyed digest of `logouts` and `reasons`. */
  readonly reasonsMac?: string;
}

/** A PostgreSQL notification carries less than 8,000 bytes, of which the envelope takes a part. */
const MAX_BYTES = 7_000;
/** Longer messages are refused. */
const MAX_HEARD_CHARS = 1_000_000;

/** Packs logouts into as few messages as possible, each small enough for every adapter. */
export function messagesOf(logouts: readonly Logout[], digests: KeyedDigest): ClusterMessage[] {
  const messages: ClusterMessage[] = [];
  let taken: Logout[] = [];
  let bytes = 0;
  const close = (): void => {
    if (taken.length > 0) messages.push(messageOf(taken, digests));
    taken = [];
    bytes = 0;
  };
  for (const logout of logouts) {
    // The message contains the JSON as a string, with its quotes escaped.
    const size = Buffer.byteLength(JSON.stringify(JSON.stringify([...entryOf(logout), reasonOf(logout)])));
    if (bytes + size > MAX_BYTES) close();
    taken.push(logout);
    bytes += size;
  }
  close();
  return messages;
}

const entryOf = ({ userId, loggedOutAt }: Logout): [string, number] => [userId, loggedOutAt];
const reasonOf = ({ reason = BY_MEVETO }: Logout): string => reason;

function messageOf(logouts: readonly Logout[], digests: KeyedDigest): ClusterMessage {
  const text = JSON.stringify(logouts.map(entryOf));
  const message = { version: 1, logouts: text, mac: digests.ofMessage(text) } as const;
  if (logouts.every((logout) => reasonOf(logout) === BY_MEVETO)) return message;
  const reasons = JSON.stringify(logouts.map(reasonOf));
  return { ...message, reasons, reasonsMac: digests.ofMessage(text + reasons) };
}

/** The logouts of a message; undefined for anything else, another version or another application. */
export function logoutsOf(message: unknown, digests: KeyedDigest): readonly Logout[] | undefined {
  if (!isClusterMessage(message) || !isAuthentic(message, digests)) return undefined;
  try {
    const entries: unknown = JSON.parse(message.logouts);
    const reasons: unknown = JSON.parse(message.reasons ?? '[]');
    if (!Array.isArray(entries) || !entries.every(isEntry) || !isReasons(reasons)) return undefined;
    return entries.map(([userId, loggedOutAt], index) => {
      const reason = reasons[index];
      return { userId, loggedOutAt, ...(reason !== undefined && { reason }) };
    });
  } catch {
    return undefined;
  }
}

function isClusterMessage(message: unknown): message is ClusterMessage {
  if (typeof message !== 'object' || message === null) return false;
  const { version, logouts, mac, reasons = '', reasonsMac = '' } = message as Record<string, unknown>;
  return (
    version === 1 &&
    typeof logouts === 'string' &&
    typeof reasons === 'string' &&
    logouts.length + reasons.length <= MAX_HEARD_CHARS &&
    typeof mac === 'string' &&
    typeof reasonsMac === 'string'
  );
}

function isAuthentic(
  { logouts, mac, reasons, reasonsMac = '' }: ClusterMessage,
  digests: KeyedDigest,
): boolean {
  return (
    isMac(mac, logouts, digests) && (reasons === undefined || isMac(reasonsMac, logouts + reasons, digests))
  );
}

/** Earlier keys count, too: replicas may change their keys one after the other. */
const isMac = (mac: string, text: string, digests: KeyedDigest): boolean =>
  isSame(mac, digests.ofMessage(text)) ||
  digests.earlierOfMessage(text).some((earlier) => isSame(mac, earlier));

function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function isEntry(entry: unknown): entry is [string, number] {
  if (!Array.isArray(entry) || entry.length !== 2) return false;
  const [userId, loggedOutAt] = entry as unknown[];
  return typeof userId === 'string' && Number.isSafeInteger(loggedOutAt) && Number(loggedOutAt) >= 0;
}

const isReasons = (reasons: unknown): reasons is string[] =>
  Array.isArray(reasons) && reasons.every((reason) => typeof reason === 'string');
