import { loggedEvents } from '../../../spec-support/told-events.js';
import { describe, expect, it, jest } from '@jest/globals';
import type { HttpAdapterHost } from '@nestjs/core';
import { linesOf } from '../../../spec-support/log-lines.js';
import type { Socket } from 'socket.io';
import { bearerToken } from '../../sessions/bearer-token-reader.js';
import { requestUser } from '../../sessions/request-user-reader.js';
import { expressSession } from '../../sessions/express-session-reader.js';
import type { SessionReader } from '../../sessions/session-reader.port.js';
import type { ReaderAudit } from '../../sessions/reader-audit.js';
import { HandshakeRefusal, SocketHandshake } from './socket-handshake.js';
import { resolveSocketIoOptions } from './socket-io-options.js';
import type { ResolvedSessions } from '../../sessions/options.js';

describe('SocketHandshake', () => {
  const warn = linesOf('warn');
  const host = { httpAdapter: { getInstance: () => ({}) } } as unknown as HttpAdapterHost;
  const handshake = (...sessions: SessionReader[]) =>
    new SocketHandshake(
      { sessions } as unknown as ResolvedSessions,
      resolveSocketIoOptions({}).options,
      host,
      watch as unknown as ReaderAudit,
      loggedEvents(),
    );
  const watch = { read: jest.fn() };
  const socketWith = (request: object, auth: object = {}) =>
    ({ request: { headers: {}, ...request }, handshake: { auth } }) as unknown as Socket;
  const tokens = bearerToken({
    verify: (token) => (token === 'good' ? { userId: 1, signedInAt: 5 } : undefined),
  });

  it('reads the session with the same readers as a request', async () => {
    const socket = socketWith({ session: { userId: 7, signedInAt: 3 } });
    const sessions = [{ userId: 7, signedInAt: 3 }];
    expect(await handshake(expressSession(), tokens).sessionsOf(socket)).toEqual(sessions);
    expect(watch.read.mock.calls).toEqual([[sessions]]);
  });

  it('accepts an access token of the handshake', async () => {
    const socket = socketWith({ session: { userId: 7, signedInAt: 3 } }, { token: 'good' });
    expect(await handshake(expressSession(), tokens).sessionsOf(socket)).toEqual([
      { userId: 7, signedInAt: 3 },
      { userId: 1, signedInAt: 5 },
    ]);
  });

  it.each([{}, { token: 'bad' }, { token: 7 }, { token: { toString: 'good' } }])(
    'refuses a handshake without a session: %j',
    async (auth) => {
      await expect(handshake(tokens).sessionsOf(socketWith({}, auth))).rejects.toMatchObject({
        name: 'HandshakeRefusal',
        message: 'There is no session to watch. Log in first.',
        data: { code: 'not-logged-in' },
      });
    },
  );

  it('does not read the session when the page belongs to another site', async () => {
    const reader = { read: jest.fn(() => undefined) };
    const socket = socketWith({ headers: { origin: 'https://evil.example', host: 'a.example' } });
    await expect(handshake(reader).sessionsOf(socket)).rejects.toMatchObject({
      message: 'Pages of other sites may not connect.',
      data: { code: 'foreign-origin' },
    });
    expect(reader.read).not.toHaveBeenCalled();
  });

  it('refuses the handshake while the session store does not answer', async () => {
    const reader: SessionReader = {
      read: () => undefined,
      prepareHandshake: () => Promise.reject(new Error('secret details')),
    };
    await expect(handshake(reader).sessionsOf(socketWith({}))).rejects.toMatchObject({
      message: 'The session cannot be read at the moment. Try again shortly.',
      data: { code: 'unavailable' },
    });
    expect(warn.mock.calls).toEqual([
      [
        expect.stringContaining('[MEVETO_HANDSHAKE_UNAVAILABLE] A live connection was refused'),
        'MevetoLogout',
      ],
    ]);
    expect(JSON.stringify(warn.mock.calls)).not.toContain('secret details');
  });

  it('shows no details of an error', () => {
    expect(HandshakeRefusal.of(new Error('secret details'))).toMatchObject({
      message: 'The session cannot be read at the moment. Try again shortly.',
      data: { code: 'unavailable' },
    });
    const refusal = new HandshakeRefusal('not-logged-in');
    expect(HandshakeRefusal.of(refusal)).toBe(refusal);
  });

  it('answers unavailable when only a guard of the application can find the session', async () => {
    const refused = handshake(requestUser()).sessionsOf(socketWith({}));
    await expect(refused).rejects.toMatchObject({ data: { code: 'unavailable' } });
    const found = await handshake(requestUser()).sessionsOf(socketWith({ user: { id: 7 } }));
    expect(found).toMatchObject([{ userId: 7 }]);
    expect(warn.mock.calls).toEqual([
      [
        expect.stringContaining('[MEVETO_HANDSHAKE_WITHOUT_USER] A live connection shows no session'),
        'MevetoLogout',
      ],
    ]);
  });
});
