import { HttpException, HttpStatus } from '@nestjs/common';
import type { RefusalReason } from '../model/session-verdict.js';

const MESSAGES = {
  'logged-out': 'You were logged out from your Meveto dashboard. Log in again.',
  expired: 'The session is too old. Log in again.',
  'logout-state-unknown':
    'It cannot be told at the moment whether this session is still good. Try again shortly.',
} as const satisfies Record<RefusalReason | 'logout-state-unknown', string>;

/** Thrown by the guard for a session that is over: 401 as JSON, or 303 with the `Location` already set. */
export class LoggedOutException extends HttpException {
  constructor(
    readonly reason: RefusalReason,
    statusCode: HttpStatus.UNAUTHORIZED | HttpStatus.SEE_OTHER,
  ) {
    super({ statusCode, reason, message: MESSAGES[reason] }, statusCode);
  }
}

/** Thrown by the guard when its knowledge of logouts is too old to let anybody in. */
export class LogoutStateUnknownException extends HttpException {
  constructor() {
    const statusCode = HttpStatus.SERVICE_UNAVAILABLE;
    const reason = 'logout-state-unknown';
    super({ statusCode, reason, message: MESSAGES[reason] }, statusCode);
  }
}

/** What a refused message to a gateway or microservice is answered with. */
export interface MessageRefusal {
  readonly status: 'error';
  readonly statusCode: 401 | 503;
  readonly reason: RefusalReason | 'logout-state-unknown';
  readonly message: string;
}

export const messageRefusal = (reason: MessageRefusal['reason']): MessageRefusal => ({
  status: 'error',
  statusCode: reason === 'logout-state-unknown' ? 503 : 401,
  reason,
  message: MESSAGES[reason],
});
