import { describe, expect, it } from '@jest/globals';
import { HttpStatus } from '@nestjs/common';
import { clearingCookie } from './clearing-cookie.js';
import { LoggedOutException, LogoutStateUnknownException } from './refusal.js';
import { wantsPage } from './wants-page.js';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

describe('a request', () => {
  it.each([
    ['GET', { accept: BROWSER }],
    ['HEAD', { accept: BROWSER }],
    ['POST', { accept: BROWSER, 'sec-fetch-mode': 'navigate' }],
    ['GET', { accept: 'TEXT/HTML' }],
    ['GET', { accept: 'application/xhtml+xml' }],
  ])('is for a page: %s %j', (method, headers) => {
    expect(wantsPage(method, headers)).toBe(true);
  });

  it.each([
    ['GET', {}],
    ['GET', { accept: '*/*' }],
    ['GET', { accept: 'application/json' }],
    ['GET', { accept: 'image/png,image/*;q=0.8' }],
    ['GET', { accept: BROWSER, 'sec-fetch-mode': 'cors' }],
    ['GET', { accept: BROWSER, 'sec-fetch-mode': 'no-cors' }],
    ['GET', { accept: BROWSER, 'x-requested-with': 'XMLHttpRequest' }],
    ['PUT', { accept: BROWSER }],
    ['DELETE', { accept: BROWSER }],
    [undefined, { accept: BROWSER }],
  ])('is not for a page: %s %j', (method, headers) => {
    expect(wantsPage(method, headers)).toBe(false);
  });
});

describe('the line that clears a cookie', () => {
  it('has a path and HttpOnly by default', () => {
    expect(clearingCookie({ name: 'sid' })).toBe(
      'sid=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly',
    );
  });

  it('has the attributes that the cookie was set with', () => {
    expect(
      clearingCookie({
        name: '__Secure-sid',
        path: '/app',
        domain: 'a.example',
        sameSite: 'none',
        secure: true,
        httpOnly: false,
      }),
    ).toBe(
      '__Secure-sid=; Path=/app; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Domain=a.example; Secure; SameSite=none',
    );
  });
});

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
