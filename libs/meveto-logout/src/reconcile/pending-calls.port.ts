import type { CallType } from '../model/call.js';
import type { UserToken } from '../model/user-token.js';

/** A call that Meveto still lists as not delivered. */
export interface PendingCall {
  readonly id: string;
  readonly type: CallType;
  readonly token: UserToken;
  /** Epoch milliseconds, when Meveto says so. */
  readonly createdAt: number | undefined;
}

export interface PendingPage {
  readonly calls: readonly PendingCall[];
  /** Entries that could not be understood and were left out. */
  readonly skippedCount: number;
  /** Where the next page starts; undefined on the last one. */
  readonly next: string | undefined;
}

/**
 * Meveto's list of calls that never arrived. What it really looks like is not documented: this port is the one place to
 * replace.
 * @see docs/protocol.md#pending-calls
 */
export abstract class PendingCalls {
  /** @throws {PendingCallsUnavailableError} when Meveto does not answer, or not as expected. */
  abstract page(cursor: string | undefined, signal: AbortSignal): Promise<PendingPage>;
}
