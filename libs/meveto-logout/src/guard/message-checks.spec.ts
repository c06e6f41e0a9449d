import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type ExecutionContext } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { RpcException } from '@nestjs/microservices';
import { WsException } from '@nestjs/websockets';
import { linesOf } from '../../spec-support/log-lines.js';
import { loggedEvents } from '../../spec-support/told-events.js';
import { LogoutCache } from '../logouts/logout-cache.js';
import { Counters } from '../core/counters.js';
import type { ResolvedSessions, SessionOfMessage } from '../sessions/options.js';
import { bearerToken } from '../sessions/bearer-token-reader.js';
import { webSocketOpening } from '../sessions/read-handshake.js';
import { HandshakeSessions } from '../sessions/handshake-sessions.js';
import { requestUser } from '../sessions/request-user-reader.js';
import type { SessionReader } from '../sessions/session-reader.port.js';
import { OpenConnections } from '../sessions/open-connections.js';
import type { RoutePolicy } from './route-policies.js';
import { RpcSessionCheck, WsSessionCheck } from './message-checks.js';
import { SessionValidator } from '../sessions/session-validator.js';
import { NO_AUDIT } from '../../spec-support/no-audit.js';
import type { ResolvedLogouts } from '../logouts/options.js';

const policy: RoutePolicy = { skip: false, answer: undefined, stalenessLimitMs: 10_000, isStream: false };
const OVER = { userId: 7, signedInAt: 1_000 };
const GOOD = { userId: 7, signedInAt: 3_000 };
const verify = jest.fn((token: string) => (token === 'over' ? OVER : GOOD));

function checksOf(sessionOfMessage: SessionOfMessage, more: readonly SessionReader[] = []) {
  const known = new LogoutCache();
  known.refreshed(performance.now());
  known.remember({ userId: '7', loggedOutAt: 2_000 });
  const sessions = [bearerToken({ verify }), ...more];
  const options = { sessions, sessionOfMessage, maxSessionAgeMs: 1e6 } as unknown as ResolvedSessions &
    ResolvedLogouts;
  const validator = new SessionValidator(
    known,
    options,
    options,
    new Counters(),
    { now: () => 5_000 },
    NO_AUDIT,
  );
  const host = { httpAdapter: { getInstance: () => ({}) } } as unknown as HttpAdapterHost;
  const handshakes = new HandshakeSessions(options, host);
  return {
    known,
    handshakes,
    ws: new WsSessionCheck(
      validator,
      handshakes,
      new OpenConnections(known, validator),
      options,
      loggedEvents(),
    ),
    rpc: new RpcSessionCheck(validator, options, loggedEvents()),
  };
}

const refusalOf = (checked: unknown): Promise<unknown> =>
  Promise.resolve(checked).then(
    () => undefined,
    (error: unknown) => error,
  );
const warn = linesOf('warn');
beforeEach(() => {
  verify.mockClear();
});

describe('WsSessionCheck', () => {
  const socketWith = (token?: string) => ({
    request: { headers: {} },
    handshake: { auth: token === undefined ? {} : { token } },
    disconnect: jest.fn(),
  });
  const from = (client: unknown, data: unknown = 'hello') =>
    ({ switchToWs: () => ({ getClient: () => client, getData: () => data }) }) as unknown as ExecutionContext;
  const soon = () => new Promise((resolve) => setImmediate(resolve));

  it('refuses a message by an exception, and disconnects afterwards', async () => {
    const socket = socketWith('over');
    const error = (await refusalOf(checksOf({}).ws.check(from(socket), policy))) as WsException;
    expect(error).toBeInstanceOf(WsException);
    expect(error.getError()).toMatchObject({ status: 'error', statusCode: 401, reason: 'logged-out' });
    expect(socket.disconnect).not.toHaveBeenCalled();
    await soon();
    expect(socket.disconnect).toHaveBeenCalledTimes(1);
  });

  it('reads a handshake once, and is synchronous from then on', async () => {
    const { ws } = checksOf({});
    const socket = socketWith('good');
    expect(await ws.check(from(socket), policy)).toBe(true);
    expect(ws.check(from(socket), policy)).toBe(true);
    expect(verify).toHaveBeenCalledTimes(1);
    expect(await ws.check(from(socketWith()), policy)).toBe(true);
  });

  it('lets messages without a session pass beside requestUser(), and warns once', async () => {
    const { ws } = checksOf({}, [requestUser()]);
    expect(await ws.check(from(socketWith('good')), policy)).toBe(true);
    expect(warn).not.toHaveBeenCalled();
    for (const socket of [socketWith(), socketWith()])
      expect(await ws.check(from(socket), policy)).toBe(true);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toMatch(/^\[MEVETO_SOCKET_WITHOUT_USER\] .*sessionOfMessage\.ws/);
  });

  it('watches sockets of the ws adapter, and leaves those of Socket.IO to their namespaces', async () => {
    const { ws, known } = checksOf({ ws: (client) => (client as { who?: typeof GOOD }).who });
    const theirs = Object.assign(new EventEmitter(), { close: jest.fn(), who: GOOD });
    const socketIo = Object.assign(new EventEmitter(), {
      ...socketWith(),
      close: jest.fn(),
      who: GOOD,
    });
    expect(await ws.check(from(theirs), policy)).toBe(true);
    expect(await ws.check(from(socketIo), policy)).toBe(true);
    known.learn({ userId: '7', loggedOutAt: GOOD.signedInAt }, 'store');
    expect(theirs.close.mock.calls).toEqual([[4401, 'logged-out']]);
    expect(socketIo.close).not.toHaveBeenCalled();
  });

  it('uses the session of the message, even if the socket was passed to admit()', async () => {
    const { ws, handshakes } = checksOf({ ws: () => Promise.resolve(GOOD) });
    const client = { close: jest.fn(), once: jest.fn() };
    handshakes.opened(client, webSocketOpening({ headers: { authorization: 'Bearer over' } }));
    expect(await ws.check(from(client), policy)).toBe(true);
    expect(verify).not.toHaveBeenCalled();
  });

  it('uses the session of the admitted socket if the message names none', async () => {
    const client = { close: jest.fn(), once: jest.fn() };
    const said = jest.fn(() => undefined);
    const { ws, handshakes } = checksOf({ ws: said });
    handshakes.opened(client, webSocketOpening({ headers: { authorization: 'Bearer over' } }));
    expect(await refusalOf(ws.check(from(client), policy))).toBeInstanceOf(WsException);
    expect(said).toHaveBeenCalledTimes(1);
    const other = { close: jest.fn(), once: jest.fn() };
    expect(await ws.check(from(other), policy)).toBe(true);
  });

  it('refuses and disconnects a client with too many tokens', async () => {
    const { ws, handshakes } = checksOf({});
    const client = { close: jest.fn(), once: jest.fn() };
    const authorization = 'Bearer a b c d e f g h over';
    handshakes.opened(client, webSocketOpening({ headers: { authorization } }));
    const socketIo = Object.assign(socketWith(), { request: { headers: { authorization } } });
    for (const socket of [client, socketIo]) {
      const error = (await refusalOf(ws.check(from(socket), policy))) as WsException;
      expect(error.getError()).toMatchObject({ statusCode: 401, reason: 'invalid-token' });
    }
    await soon();
    expect(client.close.mock.calls).toEqual([[4401, 'invalid-token']]);
    expect(socketIo.disconnect).toHaveBeenCalledTimes(1);
    expect(verify).not.toHaveBeenCalled();
  });

  it.each(['undefined', 'a promise of it'])(
    'uses the session of the handshake if the application returns %s for a message',
    async (kind) => {
      const { ws } = checksOf({ ws: () => (kind === 'undefined' ? undefined : Promise.resolve(undefined)) });
      expect(await refusalOf(ws.check(from(socketWith('over')), policy))).toBeInstanceOf(WsException);
      expect(await ws.check(from(socketWith('good')), policy)).toBe(true);
      expect(await ws.check(from(socketWith()), policy)).toBe(true);
      expect(warn).not.toHaveBeenCalled();
    },
  );

  it('does not disconnect while the logout state is too old', async () => {
    const socket = socketWith('good');
    const own = { ...policy, stalenessLimitMs: -1 };
    const error = (await refusalOf(checksOf({}).ws.check(from(socket), own))) as WsException;
    expect(error.getError()).toMatchObject({ statusCode: 503, reason: 'logout-state-unknown' });
    await soon();
    expect(socket.disconnect).not.toHaveBeenCalled();
  });

  it('lets messages of sockets without a request pass, with one warning', () => {
    const { ws } = checksOf({});
    for (const client of [{ send: () => undefined }, null, undefined, 'client'])
      expect(ws.check(from(client), policy)).toBe(true);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toContain('[MEVETO_SOCKET_WITHOUT_REQUEST]');
  });

  it('uses the session that the application returns, and closes a plain socket', async () => {
    const ask = jest.fn((_client: unknown, data: unknown) => (data === 'over' ? OVER : undefined));
    const { ws } = checksOf({ ws: ask });
    const client = { close: jest.fn() };
    expect(ws.check(from(client, 'fine'), policy)).toBe(true);
    expect(() => ws.check(from(client, 'over'), policy)).toThrow(WsException);
    await soon();
    expect(client.close.mock.calls).toEqual([[4401, 'logged-out']]);
    expect(ask).toHaveBeenCalledWith(client, 'over');
    expect(warn).not.toHaveBeenCalled();
  });

  it('awaits the session that the application returns', async () => {
    const { ws } = checksOf({ ws: (_client, data) => Promise.resolve(data === 'over' ? OVER : undefined) });
    expect(await ws.check(from({}, 'fine'), policy)).toBe(true);
    expect(await refusalOf(ws.check(from({}, 'over'), policy))).toBeInstanceOf(WsException);
  });
});

describe('RpcSessionCheck', () => {
  const from = (data: unknown) =>
    ({
      switchToRpc: () => ({ getData: () => data, getContext: () => 'context' }),
    }) as unknown as ExecutionContext;

  it('lets all messages pass, with one warning, if the application returns no sessions', () => {
    const { rpc } = checksOf({});
    expect([rpc.check(from(1), policy), rpc.check(from(2), policy)]).toEqual([true, true]);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toContain('[MEVETO_MESSAGE_WITHOUT_SESSION]');
  });

  it('refuses a message by an RpcException', async () => {
    const ask = jest.fn<NonNullable<SessionOfMessage['rpc']>>((data) => data as typeof OVER | undefined);
    const { rpc } = checksOf({ rpc: ask });
    expect(await rpc.check(from(GOOD), policy)).toBe(true);
    expect(await rpc.check(from(undefined), policy)).toBe(true);
    const error = (await refusalOf(rpc.check(from(OVER), policy))) as RpcException;
    expect(error).toBeInstanceOf(RpcException);
    expect(error.getError()).toMatchObject({ statusCode: 401, reason: 'logged-out' });
    expect(ask).toHaveBeenCalledWith(OVER, 'context');
    expect(warn).not.toHaveBeenCalled();
  });
});
