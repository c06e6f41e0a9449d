import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { HttpAdapterHost } from '@nestjs/core';
import { bearerToken } from './bearer-token-reader.js';
import { requestsOf, socketIoOpening, webSocketOpening } from './read-handshake.js';
import { HandshakeSessions } from './handshake-sessions.js';
import { InvalidTokenException } from './token-texts.js';
import type { SessionReader, SessionRequest } from './session-reader.port.js';
import type { ResolvedSessions } from './options.js';

const server = { the: 'server' };
const host = { httpAdapter: { getInstance: () => server } } as unknown as HttpAdapterHost;
const handshakesOf = (...readers: readonly object[]) =>
  new HandshakeSessions(
    { sessions: readers as readonly SessionReader[] } as unknown as ResolvedSessions,
    host,
  );
const request = { headers: { cookie: 'sid=1' } };

describe('HandshakeSessions', () => {
  it('reads the sessions of a socket from its handshake, with the application’s server', async () => {
    const seen: unknown[] = [];
    const prepareHandshake = ({ headers }: SessionRequest, by?: unknown) => {
      seen.push([headers, by]);
      return Promise.resolve();
    };
    const sessions = handshakesOf({ read: () => ({ userId: 7, signedInAt: 5 }), prepareHandshake });
    expect(await sessions.of({}, () => webSocketOpening(request))).toEqual([{ userId: 7, signedInAt: 5 }]);
    expect(seen).toEqual([[request.headers, server]]);
  });

  it('reads each socket once, and then returns its sessions synchronously', async () => {
    const read = jest.fn(() => ({ userId: 7, signedInAt: 5 }));
    const sessions = handshakesOf({ read });
    const socket = {};
    const first = await sessions.of(socket, () => webSocketOpening(request));
    expect(sessions.of(socket, () => webSocketOpening(request))).toBe(first);
    await sessions.of({}, () => webSocketOpening(request));
    expect(read).toHaveBeenCalledTimes(2);
  });

  it('reads a socket again until a session is found, once a second at most', async () => {
    const clock = jest.spyOn(performance, 'now').mockReturnValue(1_000);
    const read = jest.fn<() => object | undefined>(() => undefined);
    const sessions = handshakesOf({ read });
    const socket = {};
    const look = async () => await sessions.of(socket, () => webSocketOpening(request));
    expect(await Promise.all([look(), look()])).toEqual([[], []]);
    // The reader also reads the request itself.
    const looks = read.mock.calls.length;
    read.mockReturnValue({ userId: 7, signedInAt: 5 });
    clock.mockReturnValue(1_999);
    expect(await look()).toEqual([]);
    expect(read).toHaveBeenCalledTimes(looks);
    clock.mockReturnValue(2_000);
    expect(await look()).toEqual([{ userId: 7, signedInAt: 5 }]);
    expect(await look()).toEqual([{ userId: 7, signedInAt: 5 }]);
    expect(read).toHaveBeenCalledTimes(looks + 1);
    clock.mockRestore();
  });

  it('reads a socket again after a failure', async () => {
    const prepareHandshake = jest
      .fn<() => Promise<void>>()
      .mockRejectedValueOnce(new Error('down'))
      .mockResolvedValue();
    const sessions = handshakesOf({ read: () => undefined, prepareHandshake });
    const socket = {};
    await expect(sessions.of(socket, () => webSocketOpening(request))).rejects.toThrow('down');
    expect(await sessions.of(socket, () => webSocketOpening(request))).toEqual([]);
  });
});

describe('the opening of a socket with an access token', () => {
  it.each(['abc', 'Bearer abc', 'bearer  abc'])(
    'passes the token %s to the application’s readers as a header',
    (token) => {
      const [withToken, ...more] = requestsOf(socketIoOpening({ request, handshake: { auth: { token } } }));
      expect(more).toEqual([]);
      expect(withToken?.headers).toEqual({ cookie: 'sid=1', authorization: 'Bearer abc' });
      expect(request.headers).toEqual({ cookie: 'sid=1' });
    },
  );

  it.each([undefined, null, 7, {}, '', ' '])('has no token in %j', (token) => {
    expect(requestsOf(socketIoOpening({ request, handshake: { auth: { token } } }))).toEqual([request]);
  });

  it('passes both tokens to the application’s readers if the client also sends a header', async () => {
    const opened = { headers: { authorization: 'Bearer old' } };
    const handshake = { auth: { token: 'x' } };
    const seen: unknown[] = [];
    const read = ({ headers }: SessionRequest) => {
      seen.push(headers.authorization);
      return headers.authorization === 'Bearer old' ? { userId: 7, signedInAt: 5 } : undefined;
    };
    const sessions = handshakesOf({ read });
    expect(await sessions.of({}, () => socketIoOpening({ request: opened, handshake }))).toHaveLength(1);
    expect(seen).toEqual(['Bearer x', 'Bearer old']);
  });

  describe('for a reader of the application that reads the header', () => {
    const AT: Readonly<Record<string, object>> = {
      'Bearer old': { userId: 7, signedInAt: 1 },
      'Bearer new': { userId: 7, signedInAt: 2 },
      'Bearer other': { userId: 8, signedInAt: 3 },
    };
    const cookie = { userId: 9, signedInAt: 4 };
    const read = jest.fn(({ headers }: SessionRequest) => [
      cookie,
      ...[AT[headers.authorization ?? '']].flat(),
    ]);
    const prepareHandshake = jest.fn((given: object) => {
      if ('prepared' in given) throw new Error('it was prepared before');
      return Promise.resolve(void Object.assign(given, { prepared: true }));
    });
    const found = (auth: object, headers: object = {}, more: readonly object[] = []) =>
      handshakesOf({ read, prepareHandshake }, ...more).of({}, () =>
        socketIoOpening({ request: { headers: { ...headers } }, handshake: { auth: { ...auth } } }),
      );
    beforeEach(() => {
      read.mockClear();
      prepareHandshake.mockClear();
    });

    it.each<[string, object, object]>([
      ['a second text', { token: 'x', authorization: 'Bearer old' }, {}],
      ['a name in another case', { Token: 'x', token: 'old' }, {}],
      ['the header that was sent', { token: 'x' }, { authorization: 'Bearer old' }],
    ])('has the token in %s, and the session of the cookie once', async (_where, auth, headers) => {
      expect(await found(auth, headers)).toEqual([cookie, AT['Bearer old']]);
      expect(prepareHandshake).toHaveBeenCalledTimes(2);
    });

    it('counts the latest token of each user', async () => {
      expect(await found({ token: ['old', 'new', 'other'] })).toEqual([
        cookie,
        AT['Bearer new'],
        AT['Bearer other'],
      ]);
      const tokens = bearerToken({ verify: (token) => AT[`Bearer ${token}`] as never });
      expect(await found({ token: ['x', 'old new'], authorization: 'old' }, {}, [tokens])).toEqual([
        cookie,
        AT['Bearer new'],
      ]);
    });

    it('reads equal tokens once', async () => {
      expect(
        await found({ token: 'old', authorization: 'Bearer old' }, { authorization: 'Bearer old' }),
      ).toHaveLength(2);
      expect(read).toHaveBeenCalledTimes(1);
    });

    it.each<[string, unknown]>([
      ['9 texts', ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'old']],
      ['a text of more than 8 KiB', ['a'.repeat(8_193), 'old']],
      ['lists that are too deep', [[[[[[[[[['old']]]]]]]]]]],
    ])('is refused if it has %s', async (_what, token) => {
      await expect(found({ token })).rejects.toThrow(InvalidTokenException);
      expect(read).not.toHaveBeenCalled();
    });
  });

  it('shows the handshake as the application knows it, with the client’s headers', () => {
    const own = { headers: { authorization: 'Bearer own' } };
    const given = { auth: { token: 'abc' }, query: { token: 'def' }, address: '127.0.0.1' };
    const { handshake } = socketIoOpening({ request: own, handshake: given });
    expect(handshake).toMatchObject({ ...own, ...given });
  });

  it('has the query of the URL for a plain WebSocket', () => {
    const own = { headers: {} };
    const opened = Object.assign({ url: '/graphql?token=abc&token=d%20e&x=1' }, own);
    expect(webSocketOpening(opened).handshake.query).toEqual({ token: ['abc', 'd e'], x: ['1'] });
    expect(webSocketOpening(own).handshake.query).toBeUndefined();
    const queryOf = (url: string) => webSocketOpening(Object.assign({ url }, own)).handshake.query;
    expect(queryOf('/graphql?token=abc#x')).toEqual({ token: ['abc'] });
    expect(queryOf('/graphql?token=a?b#?token=c')).toEqual({ token: ['a?b'] });
    expect(queryOf('/graphql#?token=abc')).toBeUndefined();
  });
});
