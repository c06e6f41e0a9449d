import type { Row } from '../world/chaos-database.js';
import type { Exchange, MevetoEvent } from '../world/model-meveto.js';

/** An application process that was ended. Times are epoch milliseconds. */
export interface Death {
  /** Replica and number of its life: each has its own address of Meveto. */
  readonly caller: string;
  /** When the signal was sent. */
  readonly at: number;
  /** When the process was seen to have ended. */
  readonly goneAt: number;
  readonly signal: 'SIGKILL' | 'SIGTERM';
  /** Time from the previous death until the process listened; undefined if it died before. */
  readonly recoveryMs: number | undefined;
}

/** The events of a run, seen from outside the application, and the application's records. */
export interface History {
  readonly events: readonly MevetoEvent[];
  readonly exchanges: readonly Exchange[];
  readonly deaths: readonly Death[];
  readonly acknowledge: 'on-receipt' | 'after-logout';
  readonly tokenStorage: 'sealed' | 'none';
  /** Time from which Meveto's list of pending webhooks had entries; undefined: never. */
  readonly listedSince: number | undefined;
  /** Rows of the inbox by the digest of the token. */
  readonly rowsByDigest: ReadonlyMap<string, Row>;
  readonly users: readonly Row[];
  readonly digestOf: (token: string) => string;
  /** Meveto IDs of users. */
  readonly knownPeople: ReadonlySet<string>;
}
