import { HttpException, HttpStatus } from '@nestjs/common';
import { brand } from '../core/index.js';
import type { RefusalBody } from '../protocol/index.js';
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

const causeOf = (refusal: Refusal): string | undefined => ('cause' in refusal ? refusal.cause : undefined);

/** A text for users. It names Meveto only if Meveto requested the logout. */
const messageOf = (refusal: Refusal): string =>
  refusal.reason === 'logged-out' && refusal.cause === BY_MEVETO
    ? 'You were logged out from your Meveto dashboard. Log in again.'
    : MESSAGES[refusal.reason];

/** The only place that builds a refusal, except for `InvalidTokenException`. */
export const refusalBody = <Code extends string>(
  statusCode: number,
  reason: Code,
  message: string,
  cause?: string,
): RefusalBody<Code> => ({
  statusCode,
  code: reason,
  reason,
  message,
  ...(cause !== undefined && { cause }),
});

/**
 * The refusal as its client receives it.
 * @param statusCode the HTTP status if it is not that of a script's request
 */
export const bodyOf = (
  refusal: Refusal,
  statusCode = refusal.reason === 'logout-state-unknown'
    ? HttpStatus.SERVICE_UNAVAILABLE
    : HttpStatus.UNAUTHORIZED,
): RefusalBody<Refusal['reason']> =>
  refusalBody(statusCode, refusal.reason, messageOf(refusal), causeOf(refusal));

/** Thrown for a session that is over: 401 with JSON, or 303 with the `Location` already set. */
export class LoggedOutException extends HttpException {
  static {
    brand(this, 'LoggedOutException');
  }

  /** @param cause the reason of the logout that ended the session; `meveto` if Meveto requested the logout */
  constructor(
    readonly reason: RefusalReason,
    statusCode: HttpStatus.UNAUTHORIZED | HttpStatus.SEE_OTHER,
    cause?: string,
  ) {
    super(bodyOf({ reason, cause }, statusCode), statusCode);
  }
}

/** Thrown when the logout state is too old to let a session pass. */
export class LogoutStateUnknownException extends HttpException {
  static {
    brand(this, 'LogoutStateUnknownException');
  }

  constructor() {
    super(bodyOf({ reason: 'logout-state-unknown' }), HttpStatus.SERVICE_UNAVAILABLE);
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

/** The answer to a refused message to a gateway or microservice. NestJS sets the same `status` in its own errors. */
export interface MessageRefusal extends RefusalBody<Refusal['reason']> {
  readonly status: 'error';
}

export const messageRefusal = (refusal: Refusal): MessageRefusal => ({ status: 'error', ...bodyOf(refusal) });

/**
 * Refuses a Socket.IO connection. The client's `connect_error` carries the reason as `data`.
 * @typeParam Other further reasons, besides those of the guard
 */
export class ConnectionRefused<Other extends string = never> extends Error {
  readonly data: RefusalBody<Refusal['reason'] | Other> & { readonly status: number };

  constructor(body: RefusalBody<Refusal['reason'] | Other>) {
    super(body.message);
    this.name = new.target.name;
    this.data = { ...body, status: body.statusCode };
  }
}

/** The refusal of a socket whose sessions cannot be read: it has too many tokens, or the session store is unavailable. */
export const refusalOfUnread = (error: unknown): Refusal => ({
  reason: error instanceof InvalidTokenException ? INVALID_TOKEN : 'logout-state-unknown',
});
