import { describe, expect, it } from '@jest/globals';
import { HttpStatus } from '@nestjs/common';
import { LoggedOutException, LogoutStateUnknownException } from './refusal.js';

describe('the answer to a refused request', () => {
  it.each([
    ['logged-out', 'You were logged out from your Meveto dashboard. Log in again.'],
    ['expired', 'The session is too old. Log in again.'],
  ] as const)('says that the session is over: %s', (reason, message) => {
    const exception = new LoggedOutException(reason, HttpStatus.UNAUTHORIZED);
    expect(exception.getStatus()).toBe(401);
    expect(exception.getResponse()).toEqual({ statusCode: 401, reason, message });
  });

  it('says that nothing is known', () => {
    const exception = new LogoutStateUnknownException();
    expect(exception.getStatus()).toBe(503);
    expect(exception.getResponse()).toEqual({
      statusCode: 503,
      reason: 'logout-state-unknown',
      message: 'It cannot be told at the moment whether this session is still good. Try again shortly.',
    });
  });
});
