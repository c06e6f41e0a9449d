import { Inject, Injectable } from '@nestjs/common';
import { messageRefusal } from '../guard/refusal.js';
import { SessionJudge } from '../guard/session-judge.js';
import type { SessionFacts } from '../model/session.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { TokenVault } from '../secrets/token-vault.js';
import { isOwnOrigin } from '../session/page-origin.js';
import { hasLateReaders, hasUnreadable, readSessions } from '../session/read-sessions.js';
import type { SessionRequest } from '../session/session-reader.port.js';
import { RESOLVED_OPTIONS } from '../tokens.js';

/** What a browser is told of its session. */
export interface SessionState {
  readonly status: 200 | 401 | 503;
  readonly body:
    | { readonly state: 'live'; readonly session: string; readonly signedInAt: number | null }
    | { readonly state: 'unknown' }
    | { readonly statusCode: 401 | 503; readonly reason: string; readonly message: string };
}

const NOT_LOGGED_IN: SessionState = {
  status: 401,
  body: { statusCode: 401, reason: 'not-logged-in', message: 'There is no session. Log in first.' },
};

/** Only a guard of the application can say, and none stands before this route; or the page shows nothing of what it has. */
const UNKNOWN: SessionState = { status: 200, body: { state: 'unknown' } };

/** Tells a browser whether its session is live, by the same readers and the same knowledge as the guard. */
@Injectable()
export class SessionStates {
  constructor(
    @Inject(SessionJudge) private readonly judge: SessionJudge,
    @Inject(TokenVault) private readonly vault: TokenVault,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  async of(request: SessionRequest): Promise<SessionState> {
    const sessions = await readSessions(this.options.sessions, request);
    if (sessions.length === 0) return this.#none(request);
    const verdict = this.judge.judge(sessions, this.options.maxStalenessMs);
    return verdict === undefined ? this.#live(sessions) : refused(verdict);
  }

  #none(request: SessionRequest): SessionState {
    const readers = this.options.sessions;
    if (isWithoutCredentials(request)) return UNKNOWN;
    // Before what late readers may know: a page that had a session would take it for gone.
    if (hasUnreadable(readers, request)) return refused('logout-state-unknown');
    return hasLateReaders(readers) ? UNKNOWN : NOT_LOGGED_IN;
  }

  /**
   * Names the user by a keyed digest: equal for the same one, and nothing more. By one of each key, with `|` between them:
   * while keys are changed replicas have one in common.
   */
  #live(sessions: readonly SessionFacts[]): SessionState {
    const users = [...new Set(sessions.map(({ userId }) => String(userId)))].sort();
    const starts = sessions.map(({ signedInAt }) => signedInAt ?? Number.NaN);
    const signedInAt = Math.min(...starts);
    return {
      status: 200,
      body: {
        state: 'live',
        session: [this.vault.digestUsers(users), ...this.vault.earlierDigestsOfUsers(users)].join('|'),
        signedInAt: Number.isFinite(signedInAt) ? signedInAt : null,
      },
    };
  }
}

function refused(why: Parameters<typeof messageRefusal>[0]): SessionState {
  const { statusCode, reason, message } = messageRefusal(why);
  return { status: statusCode, body: { statusCode, reason, message } };
}

/** A page of another origin: browsers send no cookies from there unless they are told to. */
const isWithoutCredentials = ({ headers }: SessionRequest): boolean =>
  headers.cookie === undefined && headers.authorization === undefined && !isOwnOrigin(headers);
