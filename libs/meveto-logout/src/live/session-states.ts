import { Inject, Injectable } from '@nestjs/common';
import { bodyOf, type Refusal, refusalBody } from '../guard/index.js';
import type { SessionBody } from '../protocol/index.js';
import {
  absenceOf,
  InvalidTokenException,
  readSessions,
  type ResolvedSessions,
  type SessionFacts,
  SessionValidator,
  type SessionRequest,
  SESSIONS_OPTIONS,
} from '../sessions/index.js';
import { UserNames } from '../core/index.js';
import { isOwnOrigin } from './allowed-origin.js';

/** The answer to a browser's session check. */
export interface SessionAnswer {
  readonly status: number;
  readonly body: SessionBody;
}

const NOT_LOGGED_IN: SessionAnswer = {
  status: 401,
  body: refusalBody(401, 'not-logged-in', 'There is no session. Log in first.'),
};

/**
 * The route does not know: only a guard of the application reads the session and no guard runs here, or the page sent no
 * credentials.
 */
const UNKNOWN: SessionAnswer = { status: 200, body: { state: 'unknown' } };

/** Reports to a browser whether its session is live, with the same readers and the same logout state as the guard. */
@Injectable()
export class SessionStates {
  constructor(
    @Inject(SessionValidator) private readonly validator: SessionValidator,
    @Inject(UserNames) private readonly names: UserNames,
    @Inject(SESSIONS_OPTIONS) private readonly options: ResolvedSessions,
  ) {}

  async of(request: SessionRequest): Promise<SessionAnswer> {
    let sessions: readonly SessionFacts[];
    try {
      sessions = await readSessions(this.options.sessions, request);
    } catch (error) {
      if (error instanceof InvalidTokenException) return refused({ reason: error.reason });
      throw error;
    }
    if (sessions.length === 0) return this.#none(request);
    const refusal = this.validator.validate(sessions, this.options.maxStalenessMs);
    return refusal === undefined ? this.#live(sessions) : refused(refusal);
  }

  #none(request: SessionRequest): SessionAnswer {
    if (isWithoutCredentials(request)) return UNKNOWN;
    switch (absenceOf(this.options.sessions, request)) {
      case 'unreadable':
        return refused({ reason: 'logout-state-unknown' });
      case 'late':
        return UNKNOWN;
      case 'none':
        return NOT_LOGGED_IN;
    }
  }

  /** Names the user by a keyed digest: equal digests mean the same user. The digest reveals nothing else. */
  async #live(sessions: readonly SessionFacts[]): Promise<SessionAnswer> {
    const users = [...new Set(sessions.map(({ userId }) => String(userId)))].sort();
    const session = await this.names.ofUsers(users).catch(() => undefined);
    // The client keeps the page and asks again.
    if (session === undefined) return refused({ reason: 'logout-state-unknown' });
    const signedInAt = Math.min(...sessions.map((each) => each.signedInAt ?? Number.NaN));
    return {
      status: 200,
      body: { state: 'live', session, signedInAt: Number.isFinite(signedInAt) ? signedInAt : null },
    };
  }
}

function refused(refusal: Refusal): SessionAnswer {
  const body = bodyOf(refusal);
  return { status: body.statusCode, body };
}

/**
 * Whether the request comes from a page of another origin without credentials: browsers send cookies across origins
 * only if the script requests it.
 */
const isWithoutCredentials = ({ headers }: SessionRequest): boolean =>
  headers.cookie === undefined && headers.authorization === undefined && !isOwnOrigin(headers);
