import type { Lane } from '../model/lane.js';
import type { CallState, CallType, FinalState } from '../model/call.js';
import type { CallPage, CallQuery } from '../model/call-record.js';

/** A call as it came in, its token already sealed. */
export interface IncomingCall {
  readonly type: CallType;
  /** Keyed digest of the token: tells duplicates apart without knowing the token. */
  readonly digest: string;
  /** What earlier keys made of the same token: a call that is known by one of them is known. Left out, there were none. */
  readonly earlierDigests?: readonly string[];
  /** The sealed token; undefined when the process that received the call keeps it in its memory only. */
  readonly sealed: string | undefined;
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
  /** Undefined when the token is, or was, in the memory of the process that received the call. */
  readonly sealed: string | undefined;
  readonly lane: Lane;
  /** Grows with every claim: whoever holds an older one may no longer write. */
  readonly fence: number;
  /** Attempts begun so far, this one included. */
  readonly attempts: number;
  /** Whether an earlier attempt may have used up the token without its answer reaching the store. */
  readonly earlierAttemptUnknown: boolean;
  /** How often it was turned away (HTTP 4xx) so far; 0 once another attempt may have used up the token. */
  readonly turnedAwayTimes: number;
  /** When the person pressed log out, as far as is known: first receipt, or Meveto's own time. Epoch milliseconds. */
  readonly occurredAt: number;
  /** When the call was stored, epoch milliseconds of the store's clock. */
  readonly receivedAt: number;
  /** The same moment of this process's `performance.now()`: tells its age without comparing clocks. */
  readonly receivedTick: number;
}

/** Why an attempt ended without an answer that counts. */
export interface Release {
  /** Try again after this many milliseconds. */
  readonly delayMs: number;
  /** False only if it is certain that Meveto never saw the token. */
  readonly maybeSent: boolean;
  /** Whether it was turned away with HTTP 4xx; left out, it was not. */
  readonly isRefusal?: boolean;
  readonly reason: string;
}

export interface Ending {
  readonly state: Exclude<FinalState, 'applied' | 'unknown_user'>;
  readonly reason: string;
}

/** Calls of the pending list that are to be worked on. */
export interface OpenedCalls {
  /** Not known before. */
  readonly newCount: number;
  /** Known and ended before. */
  readonly reopenedCount: number;
}

/** What became of calls whose tokens this process has in its memory. */
export interface HeldCalls {
  /** Claimed by this process from the start, their first attempts marked as begun. */
  readonly held: readonly ClaimedCall[];
  /** Digests, as stored, of unfinished calls that were known before and that another process may be at work on. */
  readonly elsewhere: readonly string[];
}

/** How long ended calls are kept, in milliseconds, and what else is forgotten. */
export interface Retention {
  readonly endedMs: number;
  readonly rejectedMs: number;
  readonly ambiguousMs: number;
  /** Of calls that Meveto called bad so many are kept, the latest: a flood must not fill the disk. */
  readonly invalidCount: number;
  /** How long a confirmed sender is remembered, in milliseconds. */
  readonly senderMs: number;
}

export interface ExpiredCalls {
  readonly count: number;
  /** Those of them that had an attempt of unknown outcome: their tokens may be used up. */
  readonly outcomeUnknownCount: number;
}

/**
 * The durable queue of calls. Every method that writes resolves after the commit is on disk.
 * @throws {StoreUnavailableError} from every method, when the store does not answer.
 */
export abstract class Inbox {
  /**
   * Stores calls that are not known yet and resolves with how many are to be worked on. Known digests are left alone, but for
   * calls that ended because their tokens were gone, unreadable or not answered in time: they go on with what came now.
   */
  abstract receive(calls: readonly IncomingCall[]): Promise<number>;

  /**
   * Stores calls from the pending list and resolves with how many are to be worked on now. A call that is known by its id or
   * digest is left alone, but for an expired one, and an ambiguous one of which the list says something new: those are opened
   * once more.
   */
  abstract receiveListed(calls: readonly ListedCall[]): Promise<OpenedCalls>;

  /**
   * As `receive`, for calls without a sealed token: claims what it stores for `leaseMs`, and what it finds unfinished and
   * held by nobody, what `receive` opens again among it.
   */
  abstract receiveHeld(calls: readonly IncomingCall[], leaseMs: number): Promise<HeldCalls>;

  /** As `receiveListed`, for calls without a sealed token: claims what is to be worked on. */
  abstract receiveListedHeld(calls: readonly ListedCall[], leaseMs: number): Promise<readonly ClaimedCall[]>;

  /**
   * Takes up to `limit` due calls for `leaseMs`, by lanes, within a lane those first that have been due for the longest time (since
   * their receipt, or since the end of their pause after an attempt that failed), and marks an attempt as begun on each, in one
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

  /**
   * Keeps these claims for `leaseMs` from now on, all in one transaction. Resolves with the ids of those that were kept: a
   * claim that was lost stays lost.
   */
  abstract renew(calls: readonly ClaimedCall[], leaseMs: number): Promise<string[]>;

  /**
   * Records an attempt that failed and marks the next one as begun, without giving the call back. Resolves with the renewed
   * claim, or undefined once it was lost.
   */
  abstract beginAgain(call: ClaimedCall, failure: Release, leaseMs: number): Promise<ClaimedCall | undefined>;

  /** Gives a call back. Does nothing once the claim was lost, or given back before: a commit's answer may have been lost. */
  abstract release(call: ClaimedCall, release: Release): Promise<void>;

  /**
   * Ends a call and erases its token. Resolves false once the claim was lost: then nothing was written. So it does for a call that
   * should end since its token is lost (`TOKEN_LOST`), when the token has come again meanwhile. Ended like this by the same claim
   * before, it resolves true: a commit's answer may have been lost.
   */
  abstract finish(call: ClaimedCall, ending: Ending): Promise<boolean>;

  /** Ends unfinished calls older than `ttlMs` as expired and erases their tokens. */
  abstract expire(ttlMs: number, limit: number): Promise<ExpiredCalls>;

  /**
   * Deletes ended calls whose retention is over, and that the pending list has not named for as long; and senders. Resolves with
   * the number of calls.
   */
  abstract purge(retention: Retention, limit: number): Promise<number>;

  /** Calls in one state, latest first: unfinished ones by their receipt, others by their end. */
  abstract list(query: CallQuery): Promise<CallPage>;

  /** Lets a call that waits after a failed attempt be tried again now. False when there is no such call. */
  abstract hurry(id: string): Promise<boolean>;

  /** Ends an ambiguous or expired call as rejected, for this reason. False when there is no such call. */
  abstract discard(id: string, reason: string): Promise<boolean>;

  /** Those of these senders that sent a call within `withinMs` whose person Meveto named. */
  abstract confirmedSenders(senders: readonly string[], withinMs: number): Promise<string[]>;

  /** Those of these digests whose calls have not ended. */
  abstract unfinished(digests: readonly string[]): Promise<string[]>;

  /** How many unfinished calls wait in each lane. */
  abstract waitingByLane(): Promise<Readonly<Record<Lane, number>>>;

  abstract summary(): Promise<InboxSummary>;
}

export interface InboxSummary {
  /** Up to 100 000 in each state. */
  readonly calls: Readonly<Record<CallState, number>>;
  /** Age of the oldest unfinished call in milliseconds, undefined without one. */
  readonly oldestPendingAgeMs: number | undefined;
}
