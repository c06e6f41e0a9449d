import { createCover } from './cover.js';
import { attempt, leavePage } from './leaving.js';
import type { LogoutClientOptions } from './options.js';
import type { CheckAnswer } from './session-check.js';
import type { TabNotice } from './tabs.js';
import type { LeaveMessage } from './transport.js';

/** The state of the page's session. Takes reports from all sources. */
export interface PageSession {
  /** The server reports the end of the session. */
  readonly loggedOut: (message: LeaveMessage) => void;
  /** An answer to a request of the page. Returns true for a refusal of this module. */
  readonly answered: (status: number, body: unknown) => boolean;
  /** An answer to a check. Returns false when the answer does not contain the session state. */
  readonly checked: (status: number, answer: CheckAnswer) => boolean;
  /** Another tab leaves its page. */
  readonly received: (notice: TabNotice) => void;
  /**
   * Adds a ground to reconnect: 1, a login; 2, the server knows no session of the connection. Reconnects when both are
   * there, and so once per login: such a connection, with the cookies that the server sees, may be older than the
   * login.
   */
  readonly renew: (ground: 1 | 2) => void;
  /** Hides the page until a check confirms that the session is live. */
  readonly hide: () => void;
}

/**
 * @param over aborted when the page must no longer be left
 * @param leaving called once, when the page is left, with the notice for other tabs
 * @param doubt called when the server must be asked
 * @param restart called when the client must reconnect
 */
export function createPageSession(
  options: LogoutClientOptions,
  over: AbortSignal,
  leaving: (notice: TabNotice) => void,
  doubt: () => void,
  restart: () => void,
): PageSession {
  const cover = createCover();
  // Session of the page, as the check names it.
  let session: string | undefined;
  let signedInAt = -Infinity;
  let grounds = 0;
  // The server may send several names of a user, separated by `|`: one match is enough.
  const isSame = (other: string | undefined): unknown => (session ? other?.match(session) : !other);
  const leave = (message: LeaveMessage): true => {
    if (over.aborted) return true;
    // While the page is still loading, there may be nothing to hide.
    attempt(() =>
      cover.show(
        options.texts?.[message.reason] ??
          (message.cause === 'meveto'
            ? 'You logged out from your Meveto dashboard'
            : 'Your session has ended'),
      ),
    );
    leaving({ message, session, signedInAt });
    void leavePage(message, options);
    return true;
  };
  const answered = (status: number, body: unknown): boolean => {
    return (
      status === 401 &&
      /^(logged-out|expired|not-logged-in)$/.test((body as LeaveMessage | undefined)?.reason as never) &&
      leave(body as LeaveMessage)
    );
  };
  const renew = (ground: number): void => {
    grounds |= ground;
    if (grounds > 2) {
      grounds = 0;
      restart();
    }
  };
  return {
    answered,
    renew,
    loggedOut(message) {
      // An event from before the session began may arrive late, or the connection may be older than the login.
      if (Date.parse(message.loggedOutAt as never) < signedInAt) {
        renew(2);
        doubt();
      } else leave(message);
    },
    checked(status, answer) {
      if (status !== 200) return answered(status, answer);
      if (session && !isSame(answer.session)) leave({ reason: 'other-user' });
      else {
        session = answer.session;
        // Only compared: null acts as 0, and a missing value as NaN.
        if (signedInAt !== (signedInAt = answer.signedInAt as never)) renew(1);
        cover.lift();
      }
      return true;
    },
    received(notice) {
      // The notice may belong to another session.
      if (signedInAt <= notice.signedInAt && isSame(notice.session)) leave(notice.message);
      else doubt();
    },
    hide() {
      // Hide only if a check can show the page again.
      if (session) cover.show(options.texts?.checking ?? '...');
    },
  };
}
