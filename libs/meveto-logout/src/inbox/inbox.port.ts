import type { Lane } from '../model/lane.js';
import type { CallState, CallType, FinalState } from '../model/call.js';

/** A call as it came in, its token already sealed. */
export interface IncomingCall {
  readonly type: CallType;
  /** Keyed digest of the token: tells duplicates apart without knowing the token. */
  readonly digest: string;
  /** What earlier keys made of the same token: a call that is known by one of them is known. Left out, there were none. */
  readonly earlierDigests?: readonly string[];
  /** The sealed token. */
  readonly sealed: string;
  readonly lane: Lane;
  /** Keyed digest of the address that the call came from, if it is known. */
  readonly sender: string | undefined;
}

/** A call from Meveto's pending list. */
export interface ListedCall extends IncomingCall {
  /** Meveto's own id of the call. */
  readonly sourceId: string;
  /** When Meveto created the call, epoch milliseconds. Never counted as later than the store's now. */
  readonly createdAt: number | undefined;
}

/** A call that this worker holds until its lease ends. */
export interface ClaimedCall {
  readonly id: string;
  readonly type: CallType;
  readonly digest: string;
  readonly sealed: string;
  readonly lane: Lane;
  /** Grows with every claim: whoever holds an older one may no longer write. */
  readonly fence: number;
  /** Attempts begun so far, this one included. */
  readonly attempts: number;
  /** Whether an earlier attempt may have used up the token without its answer reaching the store. */
  readonly earlierAttemptUnknown: boolean;
  /** When the person pressed log out, as far as is known: first receipt, or Meveto's own time. Epoch milliseconds. */
  readonly occurredAt: number;
  /** When the call was stored, epoch milliseconds of the store's clock. */
  readonly receivedAt: number;
}

/** Why an attempt ended without an answer that counts. */
export interface Release {
  /** Try again after this many milliseconds. */
  readonly delayMs: number;
  /** False only if it is certain that Meveto never saw the token. */
  readonly maybeSent: boolean;
  readonly reason: string;
}

export interface Ending {
  readonly state: Exclude<FinalState, 'applied' | 'unknown_user'>;
  readonly reason: string;
}

/**
 * The durable queue of calls. Every method that writes resolves after the commit is on disk.
 * @throws {StoreUnavailableError} from every method, when the store does not answer.
 */
export abstract class Inbox {
  /** Stores calls that are not known yet and resolves with how many were new. Known digests are left alone. */
  abstract receive(calls: readonly IncomingCall[]): Promise<number>;

  /**
   * Stores calls from the pending list and resolves with how many are to be worked on. A call that is known by its id or
   * digest is left alone, but for an ambiguous or expired one that the list now names: that is opened once more.
   */
  abstract receiveListed(calls: readonly ListedCall[]): Promise<number>;

  /**
   * Takes up to `limit` due calls for `leaseMs`, by lanes, oldest first within a lane, and marks an attempt as begun on each, in one
   * transaction: after a crash such a call is known as one whose token may be used up.
   * @param inHand ids of calls that this process is still at work on: never given a second time, lease or not
   * @param strangerLimit how many of them may be strangers' at most; all by default
   */
  abstract claim(
    limit: number,
    leaseMs: number,
    inHand?: readonly string[],
    strangerLimit?: number,
  ): Promise<ClaimedCall[]>;

  /** Gives a call back. Does nothing once the claim was lost. */
  abstract release(call: ClaimedCall, release: Release): Promise<void>;

  /** Ends a call and erases its token. Resolves false once the claim was lost: then nothing was written. */
  abstract finish(call: ClaimedCall, ending: Ending): Promise<boolean>;

  /** Ends unfinished calls older than `ttlMs` as expired and erases their tokens. Resolves with their number. */
  abstract expire(ttlMs: number, limit: number): Promise<number>;

  /** Deletes ended calls whose retention is over: rejected ones after a day, others after `retentionMs`. */
  abstract purge(retentionMs: number, limit: number): Promise<number>;

  /** Those of these senders that sent a call within `withinMs` whose person Meveto named. */
  abstract confirmedSenders(senders: readonly string[], withinMs: number): Promise<string[]>;

  /** Those of these digests whose calls have not ended. */
  abstract unfinished(digests: readonly string[]): Promise<string[]>;

  /** How many unfinished calls wait in each lane. */
  abstract waitingByLane(): Promise<Readonly<Record<Lane, number>>>;

  abstract summary(): Promise<InboxSummary>;
}

export interface InboxSummary {
  readonly calls: Readonly<Record<CallState, number>>;
  /** Age of the oldest unfinished call in milliseconds, undefined without one. */
  readonly oldestPendingAgeMs: number | undefined;
}
