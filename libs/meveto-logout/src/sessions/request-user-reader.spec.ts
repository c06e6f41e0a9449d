import { describe, expect, it, jest } from '@jest/globals';
import { linesOf } from '../../spec-support/log-lines.js';
import { requestUser } from './request-user-reader.js';
import type { SessionRequest } from './session-reader.port.js';

const requestWith = (user: unknown, more: object = {}) =>
  ({ headers: {}, user, ...more }) as SessionRequest & { user: unknown };

const warn = linesOf('warn');

describe('requestUser', () => {
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
  ])('reads the user %j', (user, options) => {
    expect(requestUser(options).read(requestWith(user))).toEqual({ userId: 7, signedInAt: 5 });
  });

  it('reads the start from elsewhere on the request', () => {
    const reader = requestUser({
      signedInAt: (_user, request) => (request as unknown as { session: { at: number } }).session.at,
    });
    expect(reader.read(requestWith({ id: 7 }, { session: { at: 5 } }))).toEqual({ userId: 7, signedInAt: 5 });
  });

  it('reads a user without a start', () => {
    expect(requestUser().read(requestWith({ id: 7 }))).toEqual({ userId: 7, signedInAt: undefined });
  });

  it.each([undefined, null, false, ''])('finds no session for the user %j', (user) => {
    expect(requestUser().read(requestWith(user))).toBeUndefined();
    expect(warn).not.toHaveBeenCalled();
  });

  it.each([
    [{ id: 7, userId: 8, sub: 9 }, 7],
    [{ userId: 8, sub: 9 }, 8],
    [{ id: null, userId: '', sub: 'a' }, 'a'],
    [{ id: 0, sub: 9 }, 0],
    [{ id: Number.NaN, sub: 9n }, 9n],
  ])('reads the first usable id of id, userId and sub: %p', (user, userId) => {
    expect(requestUser().read(requestWith(user))).toMatchObject({ userId });
  });

  it.each(['alice', 0, 7n])('reads the plain id %p as a session without a start', (user) => {
    const reader = requestUser();
    for (let count = 0; count < 2; count += 1)
      expect(reader.read(requestWith(user))).toEqual({ userId: user, signedInAt: undefined });
    expect(warn.mock.calls).toEqual([
      [
        expect.stringContaining(
          '[MEVETO_USER_WITHOUT_START] requestUser: request.user is a user id without the start',
        ),
        'MevetoLogout',
      ],
    ]);
  });

  it('reads the start of a plain id from elsewhere', () => {
    expect(requestUser({ signedInAt: () => 5 }).read(requestWith('alice'))).toEqual({
      userId: 'alice',
      signedInAt: 5,
    });
    expect(warn).not.toHaveBeenCalled();
  });

  it.each([
    [{}, 'there is no user id'],
    [[], 'there is no user id'],
    [{ id: null, userId: undefined, sub: '' }, 'there is no user id'],
    [{ id: {} }, 'is no string, number or bigint'],
    [{ userId: [7] }, 'is no string, number or bigint'],
    [{ sub: Number.NaN }, 'is no string, number or bigint'],
    [{ id: () => 7 }, 'is no string, number or bigint'],
    [true, 'is no string, number or bigint'],
  ])('finds no session without a usable id, with one warning: %p', (user, text) => {
    const reader = requestUser();
    for (let count = 0; count < 2; count += 1) expect(reader.read(requestWith(user))).toBeUndefined();
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toContain(text);
    expect(warn.mock.calls[0]?.[0]).toContain("requestUser({ userId: 'account.id' })");
  });

  it('skips an object as id and reads the next id, with one warning', () => {
    expect(requestUser().read(requestWith({ id: {}, sub: 9 }))).toMatchObject({ userId: 9 });
    expect(warn.mock.calls).toEqual([
      [expect.stringContaining('is no string, number or bigint'), 'MevetoLogout'],
    ]);
  });

  it('reads the first of different ids, with one warning that names the option', () => {
    const reader = requestUser();
    for (let count = 0; count < 2; count += 1)
      expect(reader.read(requestWith({ id: 7, sub: 'auth0|9' }))).toMatchObject({ userId: 7 });
    expect(warn.mock.calls).toEqual([
      [
        expect.stringMatching(/^\[MEVETO_USER_IDS_DIFFER\] .*requestUser\(\{ userId: 'id' \}\)/),
        'MevetoLogout',
      ],
    ]);
  });

  it.each([
    ['ids that are equal as texts', {}, { id: 7, userId: '7', sub: 7n }],
    ['other ids than the option names', { userId: 'sub' }, { id: 7, userId: {}, sub: 9 }],
  ])('does not warn of %s', (_why, options, user) => {
    expect(requestUser(options).read(requestWith(user))).toBeDefined();
    expect(warn).not.toHaveBeenCalled();
  });

  it('reads only the id that the option names', () => {
    expect(requestUser({ userId: 'uid' }).read(requestWith({ id: 7, sub: 9 }))).toBeUndefined();
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/^\[MEVETO_USER_ID_MISSING\] .*read: uid/), 'MevetoLogout'],
    ]);
  });

  it.each([
    ['account.id', { account: { id: 7 } }],
    ['account.id', { 'account.id': 7, account: { id: 8 } }],
    ['profile.account.id', { profile: { account: { id: 7 } } }],
  ])('reads the id at the path %s of %j', (userId, user) => {
    expect(requestUser({ userId }).read(requestWith(user))).toMatchObject({ userId: 7 });
  });

  it.each([{}, { account: null }, { account: 'id' }, { account: {} }])(
    'finds no id if the path does not exist: %j',
    (user) => {
      expect(requestUser({ userId: 'account.id' }).read(requestWith(user))).toBeUndefined();
    },
  );

  it('reads an id from a getter', () => {
    class Account {
      constructor(private readonly row: { readonly account_id: number }) {}

      get id() {
        return this.row.account_id;
      }
    }
    const account = new Account({ account_id: 7 });
    expect(requestUser().read(requestWith(account))).toMatchObject({ userId: 7 });
  });

  it('is a late reader, since a guard may set the user later', () => {
    expect(requestUser().isLate).toBe(true);
  });

  it('ends the session that the user came from, if there is one', async () => {
    const destroy = jest.fn((done: () => void) => {
      done();
    });
    await requestUser().end?.(requestWith({ id: 7 }, { session: { destroy } }));
    expect(destroy).toHaveBeenCalledTimes(1);
    const request = requestWith({ id: 7 });
    await requestUser().end?.(request);
    expect(request).not.toHaveProperty('session');
  });

  it('removes the user when it renews the session', async () => {
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
