import { describe, expect, it, jest } from '@jest/globals';
import { requestUser } from './request-user-reader.js';
import type { SessionRequest } from './session-reader.port.js';

const requestWith = (user: unknown, more: object = {}) =>
  ({ headers: {}, user, ...more }) as SessionRequest & { user: unknown };

describe('the user of a request', () => {
  it.each([
    [{ id: 7, signedInAt: 5 }, {}],
    [
      { uid: 7, since: new Date(5) },
      { userId: 'uid', signedInAt: 'since' },
    ],
    [
      { sub: { id: 7 }, iat: 5 },
      { userId: (user: Record<string, unknown>) => (user['sub'] as { id: number }).id, signedInAt: 'iat' },
    ],
  ])('says whose the session is: %j', (user, options) => {
    expect(requestUser(options).read(requestWith(user))).toEqual({ userId: 7, signedInAt: 5 });
  });

  it('may have its start elsewhere on the request', () => {
    const reader = requestUser({
      signedInAt: (_user, request) => (request as unknown as { session: { at: number } }).session.at,
    });
    expect(reader.read(requestWith({ id: 7 }, { session: { at: 5 } }))).toEqual({ userId: 7, signedInAt: 5 });
  });

  it('without a start says so', () => {
    expect(requestUser().read(requestWith({ id: 7 }))).toEqual({ userId: 7, signedInAt: undefined });
  });

  it.each([undefined, null, 'alice', 7, {}, { id: null }, { id: {} }])('is nobody: %j', (user) => {
    expect(requestUser().read(requestWith(user))).toBeUndefined();
  });

  it('is asked for again, since a guard may put it there late', () => {
    expect(requestUser().isLate).toBe(true);
  });

  it('is ended with the session that it came from, if there is one', async () => {
    const destroy = jest.fn((done: () => void) => {
      done();
    });
    await requestUser().end?.(requestWith({ id: 7 }, { session: { destroy } }));
    expect(destroy).toHaveBeenCalledTimes(1);
    const request = requestWith({ id: 7 });
    await requestUser().end?.(request);
    expect(request).not.toHaveProperty('session');
  });

  it('is nobody once it is renewed', async () => {
    const regenerate = jest.fn((done: () => void) => {
      done();
    });
    const request = requestWith({ id: 7 }, { session: { regenerate } });
    await requestUser().renew?.(request);
    expect([regenerate.mock.calls.length, request.user]).toEqual([1, undefined]);
    const bare = requestWith({ id: 7 });
    await requestUser().renew?.(bare);
    expect(bare).toEqual({ headers: {}, user: undefined });
  });
});
