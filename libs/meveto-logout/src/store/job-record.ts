import type { JobState } from './job.js';

/** A job as shown to an operator, without its token. Instants are epoch milliseconds. */
export interface JobRecord {
  readonly id: string;
  /** The stored kind: a `JobKind`, or a kind that only a newer version knows and processes. */
  readonly kind: string;
  readonly state: JobState;
  /** Why the job finished, or why its last attempt failed. */
  readonly reason: string | undefined;
  readonly receivedAt: number;
  /** When the logout happened: Meveto's own time if known, else the first receipt. */
  readonly occurredAt: number;
  readonly finishedAt: number | undefined;
  /** Number of token exchanges begun. */
  readonly attempts: number;
  /** The first eight characters of the keyed digest of the token. */
  readonly digestPrefix: string;
}

export interface JobQuery {
  readonly state: JobState;
  readonly limit: number;
  /** The `next` of the previous page. */
  readonly after?: string | undefined;
}

export interface JobPage {
  readonly jobs: readonly JobRecord[];
  /** The cursor of the next page; undefined on the last page. */
  readonly next: string | undefined;
}

export const DIGEST_PREFIX_CHARS = 8;

/** The cursor after the last job of a page. */
export const pageCursorOf = (at: number, id: string): string => `${String(at)}.${id}`;

/** Reads a page cursor; undefined for any other text. */
export function pageCursorIn(text: string): { readonly at: number; readonly id: string } | undefined {
  const [, at, id] = /^(\d{1,16})\.([\w-]{1,64})$/.exec(text) ?? [];
  return at === undefined || id === undefined ? undefined : { at: Number(at), id };
}

/** The highest count of jobs in one state. */
export const MOST_COUNTED = 100_000;
