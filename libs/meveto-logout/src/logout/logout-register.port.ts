import type { ClaimedCall } from '../inbox/inbox.port.js';
import type { Logout } from '../model/logout.js';

/** What became of a call whose person is known. */
export type ApplyOutcome =
  | { readonly kind: 'applied'; readonly logout: Logout }
  | { readonly kind: 'unlinked'; readonly userId: string }
  | { readonly kind: 'unknown-user' }
  /** Somebody else has ended the call. */
  | { readonly kind: 'claim-lost' };

/** The logouts committed since an earlier look. */
export interface LogoutsSince {
  readonly logouts: readonly Logout[];
  /** The latest logout that was forgotten by anybody, epoch milliseconds; 0 without one. */
  readonly forgottenUntil: number;
  /** The store's now at the time of the look, epoch milliseconds: pass it to the next look. */
  readonly asOf: number;
}

/**
 * When was this user last logged out, and who has logged in since.
 * @throws {StoreUnavailableError} from every method, when the store does not answer.
 */
export abstract class LogoutRegister {
  /** The store's clock, epoch milliseconds. */
  abstract now(): Promise<number>;

  /**
   * In one transaction with the inbox row: finds the local user of the Meveto ID, sets last_logged_out to the later of
   * its value and `call.occurredAt`, revokes stored access tokens issued until then, and ends the call. An answer that
   * names the person counts even when its claim was lost, as long as the call is unfinished or ambiguous: the token is
   * used up, so nobody else can have that answer. Done twice with one claim and person, as by one whose commit was not
   * answered, it writes nothing and says the same again.
   * @param committing called with the logout right before it is committed, every time that is tried: others can see the
   * commit a little before this process hears that it succeeded
   */
  abstract applyLogout(
    call: ClaimedCall,
    mevetoId: string,
    committing?: (logout: Logout) => void,
  ): Promise<ApplyOutcome>;

  /** In one transaction with the inbox row: clears the user's Meveto ID and ends the call. Logs nobody out. As above when done twice. */
  abstract applyProtectionRemoved(call: ClaimedCall, mevetoId: string): Promise<ApplyOutcome>;

  /**
   * An operator's answer to an ambiguous or expired call: does what it asks for, for this user, in one transaction that ends
   * the call. Writes nothing when there is no such call (`claim-lost`) or no such user (`unknown-user`).
   */
  abstract resolve(
    callId: string,
    userId: string,
    committing?: (logout: Logout) => void,
  ): Promise<ApplyOutcome>;

  /** Logouts committed after `asOf` (everything when 0), including those that a slow commit may have hidden before. */
  abstract committedSince(asOf: number): Promise<LogoutsSince>;

  /**
   * Sets last_logged_in and resolves with when the session begins: strictly after the user's last logout.
   * @param mevetoId its logouts count as well, also those that found no user or another one
   * @throws {LoginOutdatedError} when `authenticatedAt` is at or before the last logout.
   * @throws {UnknownUserError} when there is no such user.
   */
  abstract recordLogin(
    userId: string,
    authenticatedAt: number | undefined,
    mevetoId?: string,
  ): Promise<number>;

  /**
   * Forgets up to `limit` logouts at or before this time, as no session is that old any more, and keeps in mind until when some
   * were forgotten: to others, or after a change of options, a session may be.
   */
  abstract forgetUntil(loggedOutAt: number, limit: number): Promise<void>;
}
