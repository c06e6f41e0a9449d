import { describe, expect, it } from '@jest/globals';
import { clearingCookie } from './refusal-writer.js';

const GONE = 'Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0';

describe('clearingCookie', () => {
  it('sets a path and HttpOnly by default', () => {
    expect(clearingCookie({ name: 'sid' })).toBe(`sid=; Path=/; ${GONE}; HttpOnly`);
  });

  it('sets the attributes of the cookie', () => {
    expect(
      clearingCookie({
        name: 'sid',
        path: '/app',
        domain: 'a.example',
        sameSite: 'lax',
        secure: true,
        httpOnly: false,
      }),
    ).toBe(`sid=; Path=/app; ${GONE}; Domain=a.example; Secure; SameSite=lax`);
  });

  it.each([
    [{ name: '__Secure-sid' }, `__Secure-sid=; Path=/; ${GONE}; HttpOnly; Secure`],
    [{ name: '__Host-sid' }, `__Host-sid=; Path=/; ${GONE}; HttpOnly; Secure`],
    [{ name: 'sid', sameSite: 'none' }, `sid=; Path=/; ${GONE}; HttpOnly; Secure; SameSite=none`],
    [{ name: 'sid', partitioned: true }, `sid=; Path=/; ${GONE}; HttpOnly; Secure; Partitioned`],
    [{ name: 'x__Host-sid' }, `x__Host-sid=; Path=/; ${GONE}; HttpOnly`],
    [{ name: '__Host-sid', secure: false }, `__Host-sid=; Path=/; ${GONE}; HttpOnly`],
  ] as const)('sets Secure where browsers require it: %j', (cookie, line) => {
    expect(clearingCookie(cookie)).toBe(line);
  });
});
