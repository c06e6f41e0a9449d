import { HttpException, HttpStatus } from '@nestjs/common';
import type { IncomingHttpHeaders } from 'node:http';
import type { RefusalReason } from '../model/session-verdict.js';
import type { CookieToClear } from '../options/options.js';

const MESSAGES: Readonly<Record<RefusalReason, string>> = {
  'logged-out': 'You were logged out from your Meveto dashboard. Log in again.',
  expired: 'The session is too old. Log in again.',
};

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
    super(
      {
        statusCode: HttpStatus.SERVICE_UNAVAILABLE,
        reason: 'logout-state-unknown',
        message: 'It cannot be told at the moment whether this session is still good. Try again shortly.',
      },
      HttpStatus.SERVICE_UNAVAILABLE,
    );
  }
}

/** Whether the request is a browser's for a page: what is asked for by scripts gets JSON, not a login page. */
export function wantsPage(method: string | undefined, headers: IncomingHttpHeaders): boolean {
  if (method !== 'GET' && method !== 'HEAD' && method !== 'POST') return false;
  const mode = headers['sec-fetch-mode'];
  if (mode !== undefined && mode !== 'navigate') return false;
  if (headers['x-requested-with'] === 'XMLHttpRequest') return false;
  return /\btext\/html\b|\bapplication\/xhtml\+xml\b/i.test(headers.accept ?? '');
}

/** A `Set-Cookie` line that takes a cookie away. */
export function clearingCookie(cookie: CookieToClear): string {
  const parts = [
    `${cookie.name}=`,
    `Path=${cookie.path ?? '/'}`,
    'Expires=Thu, 01 Jan 1970 00:00:00 GMT',
    'Max-Age=0',
  ];
  if (cookie.domain !== undefined) parts.push(`Domain=${cookie.domain}`);
  if (cookie.httpOnly ?? true) parts.push('HttpOnly');
  if (cookie.secure === true) parts.push('Secure');
  if (cookie.sameSite !== undefined) parts.push(`SameSite=${cookie.sameSite}`);
  return parts.join('; ');
}
