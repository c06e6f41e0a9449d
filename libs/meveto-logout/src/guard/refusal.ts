import { HttpException, HttpStatus } from '@nestjs/common';
import {
  BY_MEVETO,
  INVALID_TOKEN,
  INVALID_TOKEN_MESSAGE,
  InvalidTokenException,
  type RefusalReason,
  type SessionOver,
} from '../sessions/index.js';

/** Why a request, message or connection is refused. */
export type Refusal = SessionOver | { readonly reason: typeof INVALID_TOKEN | 'logout-state-unknown' };

const MESSAGES = {
  'logged-out': 'You were logged out. Log in again.',
  expired: 'The session is too old. Log in again.',
  [INVALID_TOKEN]: INVALID_TOKEN_MESSAGE,
  'logout-state-unknown': 'The server cannot check this session at the moment. Try again shortly.',
} as const satisfies Record<Refusal['reason'], string>;

/** A text for users. It names Meveto only if Meveto requested the logout. */
const messageOf = (refusal: Refusal): string =>
  refusal.reason === 'logged-out' && refusal.cause === BY_MEVETO
    ? 'You were logged out from your Meveto dashboard. Log in again.'
    : MESSAGES[refusal.reason];

/** Thrown for a session that is over: 401 with JSON, or 303 with the `Location` already set. */
export class LoggedOutException extends HttpException {
  /** @param cause the reason of the logout that ended the session; `meveto` if Meveto requested the logout */
  constructor(
    readonly reason: RefusalReason,
    statusCode: HttpStatus.UNAUTHORIZED | HttpStatus.SEE_OTHER,
    cause?: string,
  ) {
    super({ statusCode, reason, message: messageOf({ reason, cause }) }, statusCode);
  }
}

/** Thrown when the logout state is too old to let a session pass. */
export class LogoutStateUnknownException extends HttpException {
  constructor() {
    const statusCode = HttpStatus.SERVICE_UNAVAILABLE;
    const reason = 'logout-state-unknown';
    super({ statusCode, reason, message: MESSAGES[reason] }, statusCode);
  }
}

/**
 * Adds GraphQL extensions to an error that is thrown while the context is created. Without them Apollo answers 500 and
 * INTERNAL_SERVER_ERROR. For errors of resolvers, @nestjs/apollo sets the same extensions itself.
 */
export function withGraphqlError<T extends LoggedOutException | LogoutStateUnknownException>(
  exception: T,
): T {
  const status = exception.getStatus();
  const isOver = exception instanceof LoggedOutException;
  return Object.assign(exception, {
    extensions: {
      code: isOver ? 'UNAUTHENTICATED' : 'INTERNAL_SERVER_ERROR',
      originalError: exception.getResponse(),
      http: { status, headers: new Map([isOver ? ['www-authenticate', 'Bearer'] : ['retry-after', '2']]) },
    },
  });
}

/** The answer to a refused message to a gateway or microservice. */
export interface MessageRefusal {
  readonly status: 'error';
  readonly statusCode: 401 | 503;
  readonly reason: Refusal['reason'];
  readonly message: string;
}

export function messageRefusal(refusal: Refusal): MessageRefusal {
  const { reason } = refusal;
  return {
    status: 'error',
    statusCode: reason === 'logout-state-unknown' ? 503 : 401,
    reason,
    message: messageOf(refusal),
  };
}

/** The refusal of a socket whose sessions cannot be read: it has too many tokens, or the session store is unavailable. */
export const refusalOfUnread = (error: unknown): Refusal => ({
  reason: error instanceof InvalidTokenException ? INVALID_TOKEN : 'logout-state-unknown',
});
