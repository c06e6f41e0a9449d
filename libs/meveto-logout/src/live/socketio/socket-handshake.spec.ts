import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { Socket } from 'socket.io';
import type { KnownLogouts } from '../../logout/known-logouts.js';
import type { ResolvedOptions } from '../../options/resolved-options.js';
import { bearerToken } from '../../session/bearer-token-reader.js';
import { requestUser } from '../../session/request-user-reader.js';
import { expressSession } from '../../session/express-session-reader.js';
import type { SessionReader } from '../../session/session-reader.port.js';
import { HandshakeRefusal, SocketHandshake } from './socket-handshake.js';
import { resolveSocketIoOptions } from './socket-io-options.js';

describe('the session of a handshake', () => {
  const warn = jest.fn();
  beforeEach(() => {
    warn.mockClear();
    Logger.overrideLogger({ log: warn, error: warn, warn });
  });
  afterEach(() => {
    Logger.overrideLogger(['error']);
  });
  const host = { httpAdapter: { getInstance: () => ({}) } } as unknown as HttpAdapterHost;
  const handshake = (...sessions: SessionReader[]) =>
    new SocketHandshake(
      {} as KnownLogouts,
      { sessions } as unknown as ResolvedOptions,
      resolveSocketIoOptions({}).options,
      host,
    );
  const socketWith = (request: object, auth: object = {}) =>
    ({ request: { headers: {}, ...request }, handshake: { auth } }) as unknown as Socket;
  const tokens = bearerToken({
    verify: (token) => (token === 'good' ? { userId: 1, signedInAt: 5 } : undefined),
  });

  it('is found by the same readers as a request’s', async () => {
    const socket = socketWith({ session: { userId: 7, signedInAt: 3 } });
    expect(await handshake(expressSession(), tokens).sessionsOf(socket)).toEqual([
      { userId: 7, signedInAt: 3 },
    ]);
  });

  it('may be an access token of its own', async () => {
    const socket = socketWith({ session: { userId: 7, signedInAt: 3 } }, { token: 'good' });
    expect(await handshake(expressSession(), tokens).sessionsOf(socket)).toEqual([
      { userId: 7, signedInAt: 3 },
      { userId: 1, signedInAt: 5 },
    ]);
  });

  it.each([{}, { token: 'bad' }, { token: 7 }, { token: { toString: 'good' } }])(
    'is refused when there is none: %j',
    async (auth) => {
      await expect(handshake(tokens).sessionsOf(socketWith({}, auth))).rejects.toMatchObject({
        name: 'HandshakeRefusal',
        message: 'There is no session to watch. Log in first.',
        data: { code: 'not-logged-in' },
      });
    },
  );

  it('is not even looked for when the page is another site’s', async () => {
    const reader = { read: jest.fn(() => undefined) };
    const socket = socketWith({ headers: { origin: 'https://evil.example', host: 'a.example' } });
    await expect(handshake(reader).sessionsOf(socket)).rejects.toMatchObject({
      message: 'Pages of other sites may not connect.',
      data: { code: 'foreign-origin' },
    });
    expect(reader.read).not.toHaveBeenCalled();
  });

  it('cannot be read while its store is away', async () => {
    const reader: SessionReader = {
      read: () => undefined,
      prepareHandshake: () => Promise.reject(new Error('secret details')),
    };
    await expect(handshake(reader).sessionsOf(socketWith({}))).rejects.toMatchObject({
      message: 'The session cannot be read at the moment. Try again shortly.',
      data: { code: 'unavailable' },
    });
    expect(warn).toHaveBeenCalledTimes(1);
    expect(JSON.stringify(warn.mock.calls)).not.toContain('secret details');
  });

  it('is refused without details of what went wrong', () => {
    expect(HandshakeRefusal.of(new Error('secret details'))).toMatchObject({
      message: 'The session cannot be read at the moment. Try again shortly.',
      data: { code: 'unavailable' },
    });
    const refusal = new HandshakeRefusal('not-logged-in');
    expect(HandshakeRefusal.of(refusal)).toBe(refusal);
  });

  it('that only a guard of the application would find is no reason to leave', async () => {
    const refused = handshake(requestUser()).sessionsOf(socketWith({}));
    await expect(refused).rejects.toMatchObject({ data: { code: 'unavailable' } });
    const found = await handshake(requestUser()).sessionsOf(socketWith({ user: { id: 7 } }));
    expect(found).toMatchObject([{ userId: 7 }]);
  });
});
