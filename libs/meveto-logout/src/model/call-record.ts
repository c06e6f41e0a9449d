import type { CallState, CallType } from './call.js';

/** A call as an operator sees it: never its token. Instants in epoch milliseconds. */
export interface CallRecord {
  readonly id: string;
  readonly type: CallType;
  readonly state: CallState;
  /** Why it ended, or why its last attempt failed. */
  readonly reason: string | undefined;
  readonly receivedAt: number;
  /** When the person pressed log out, as far as is known. */
  readonly occurredAt: number;
  readonly settledAt: number | undefined;
  /** Attempts to ask Meveto whose token it is, begun so far. */
  readonly attempts: number;
  /** The first eight characters of the keyed digest of its token. */
  readonly digestPrefix: string;
}

export interface CallQuery {
  readonly state: CallState;
  readonly limit: number;
  /** Where an earlier page ended: its `next`. */
  readonly after?: string | undefined;
}

export interface CallPage {
  readonly calls: readonly CallRecord[];
  /** Where the next page begins; undefined on the last one. */
  readonly next: string | undefined;
}

export const DIGEST_PREFIX_CHARS = 8;

/** The last call of a page as a mark that the next page begins after. */
export const pageMarkOf = (at: number, id: string): string => `${String(at)}.${id}`;

/** Undefined for anything that is no page mark. */
export function pageMarkIn(text: string): { readonly at: number; readonly id: string } | undefined {
  const [, at, id] = /^(\d{1,16})\.([\w-]{1,64})$/.exec(text) ?? [];
  return at === undefined || id === undefined ? undefined : { at: Number(at), id };
}

/** Calls in one state are counted up to this number. */
export const MOST_COUNTED = 100_000;
