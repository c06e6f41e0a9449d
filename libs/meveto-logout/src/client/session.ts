import { createCover } from './cover.js';
import { attempt, leavePage } from './leaving.js';
import type { LogoutClientOptions } from './options.js';
import type { CheckAnswer } from './session-check.js';
import type { TabNotice } from './tabs.js';
import type { LeaveMessage, LeaveReason } from './transport.js';

/** What becomes of the page's session, whoever tells. */
export interface PageSession {
  /** The server says so. */
  readonly loggedOut: (message: LeaveMessage) => void;
  /** An answer to a request. True when it is this module's refusal. */
  readonly answered: (status: number, body: unknown) => boolean;
  /** An answer to a check. False when it says nothing of the session. */
  readonly checked: (status: number, answer: CheckAnswer) => boolean;
  /** Another tab is being left. */
  readonly heard: (notice: TabNotice) => void;
  /** Hides the page until a check has said that the session is live. */
  readonly hide: () => void;
}

/**
 * @param over aborted as soon as nothing may leave the page any more
 * @param leaving called once, when the page is being left; with what other tabs should hear
 * @param doubt called when the server has to be asked
 */
export function createPageSession(
  options: LogoutClientOptions,
  over: AbortSignal,
  leaving: (notice: TabNotice) => void,
  doubt: () => void,
): PageSession {
  const cover = createCover();
  // Of the page, as the check names them.
  let session: string | undefined;
  let signedInAt = -Infinity;
  // A user has a name by each key of the server, with `|` between them: while keys are changed one in common is enough.
  const isSame = (other: string | undefined): unknown => (session ? other?.match(session) : !other);
  const leave = (message: LeaveMessage): void => {
    if (over.aborted) return;
    const { reason } = message;
    // While the page is still being read there is nothing to hide yet.
    attempt(() =>
      cover.show(
        options.texts?.[reason] ??
          (reason === 'logged-out' ? 'You logged out from your Meveto dashboard' : 'Your session has ended'),
      ),
    );
    leaving({ message, session, signedInAt });
    void leavePage(message, options);
  };
  const answered = (status: number, body: unknown): boolean => {
    const reason = (body as CheckAnswer | undefined)?.reason as LeaveReason;
    const isRefusal = status === 401 && /^(logged-out|expired|not-logged-in)$/.test(reason);
    if (isRefusal) leave({ reason });
    return isRefusal;
  };
  return {
    answered,
    loggedOut(message) {
      // One from before the session began may come late.
      if (Date.parse(message.loggedOutAt as never) < signedInAt) doubt();
      else leave(message);
    },
    checked(status, answer) {
      if (status !== 200) return answered(status, answer);
      if (session && !isSame(answer.session)) leave({ reason: 'other-user' });
      else {
        session = answer.session;
        // Compared only: null counts as 0 there, and what is missing as NaN.
        signedInAt = answer.signedInAt as never;
        cover.lift();
      }
      return true;
    },
    heard(notice) {
      // It may have been another session's.
      if (isSame(notice.session) && signedInAt <= notice.signedInAt) leave(notice.message);
      else doubt();
    },
    hide() {
      // Only where a check can bring it back.
      if (session) cover.show(options.texts?.checking ?? '...');
    },
  };
}
