import { describe, expect, it } from '@jest/globals';
import { HttpStatus } from '@nestjs/common';
import { LoggedOutException, LogoutStateUnknownException } from './refusal.js';

describe('the exception for a refused request', () => {
  it.each([
    ['logged-out', 'meveto', 'You were logged out from your Meveto dashboard. Log in again.'],
    ['logged-out', 'ban', 'You were logged out. Log in again.'],
    ['logged-out', undefined, 'You were logged out. Log in again.'],
    ['expired', undefined, 'The session is too old. Log in again.'],
  ] as const)('states that the session is over: %s, by %s', (reason, cause, message) => {
    const exception = new LoggedOutException(reason, HttpStatus.UNAUTHORIZED, cause);
    expect(exception.getStatus()).toBe(401);
    expect(exception.getResponse()).toEqual({
      statusCode: 401,
      code: reason,
      reason,
      message,
      ...(cause !== undefined && { cause }),
    });
  });

  it('states that the logout state is unknown', () => {
    const exception = new LogoutStateUnknownException();
    expect(exception.getStatus()).toBe(503);
    expect(exception.getResponse()).toEqual({
      statusCode: 503,
      code: 'logout-state-unknown',
      reason: 'logout-state-unknown',
      message: 'The server cannot check this session at the moment. Try again shortly.',
    });
  });
});
