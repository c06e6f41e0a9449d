import type { Row } from '../world/chaos-database.js';
import type { Exchange, MevetoEvent } from '../world/model-meveto.js';

/** An application process that was ended. Times are epoch milliseconds. */
export interface Death {
  /** Which life of which replica it was: each has an address of Meveto of its own. */
  readonly caller: string;
  /** When it was sent the signal. */
  readonly at: number;
  /** When it was seen to be gone. */
  readonly goneAt: number;
  readonly signal: 'SIGKILL' | 'SIGTERM';
  /** Between the death before and listening again; undefined when it died before it listened. */
  readonly recoveryMs: number | undefined;
}

/** What happened in a run, as seen from outside the application, and what the application recorded. */
export interface History {
  readonly events: readonly MevetoEvent[];
  readonly exchanges: readonly Exchange[];
  readonly deaths: readonly Death[];
  readonly acknowledge: 'on-receipt' | 'after-logout';
  readonly tokenStorage: 'sealed' | 'none';
  /** Since when Meveto's pending list named calls; undefined: not at all. */
  readonly listedSince: number | undefined;
  /** Rows of the inbox by the digest of the token. */
  readonly rowsByDigest: ReadonlyMap<string, Row>;
  readonly users: readonly Row[];
  readonly digestOf: (token: string) => string;
  /** Meveto IDs that belong to a user. */
  readonly knownPeople: ReadonlySet<string>;
}
