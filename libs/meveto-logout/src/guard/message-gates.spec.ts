import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type ExecutionContext, Logger } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { RpcException } from '@nestjs/microservices';
import { WsException } from '@nestjs/websockets';
import { KnownLogouts } from '../logout/known-logouts.js';
import { Counters } from '../observe/counters.js';
import type { SessionOfMessage } from '../options/options.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { bearerToken } from '../session/bearer-token-reader.js';
import { HandshakeSessions } from '../session/handshake-sessions.js';
import { requestUser } from '../session/request-user-reader.js';
import type { SessionReader } from '../session/session-reader.port.js';
import { OpenStreams } from './open-streams.js';
import type { RoutePolicy } from './route-policies.js';
import { RpcGate } from './rpc-gate.js';
import { SessionJudge } from './session-judge.js';
import { WsGate } from './ws-gate.js';

const policy: RoutePolicy = { skip: false, answer: undefined, stalenessLimitMs: 10_000, isStream: false };
const OVER = { userId: 7, signedInAt: 1_000 };
const GOOD = { userId: 7, signedInAt: 3_000 };
const verify = jest.fn((token: string) => (token === 'over' ? OVER : GOOD));

function gatesOf(sessionOfMessage: SessionOfMessage, more: readonly SessionReader[] = []) {
  const known = new KnownLogouts();
  known.refreshed(performance.now());
  known.remember({ userId: '7', loggedOutAt: 2_000 });
  const sessions = [bearerToken({ verify }), ...more];
  const options = { sessions, sessionOfMessage, maxSessionAgeMs: 1e6 } as unknown as ResolvedOptions;
  const judge = new SessionJudge(known, options, new Counters(), { now: () => 5_000 });
  const host = { httpAdapter: { getInstance: () => ({}) } } as unknown as HttpAdapterHost;
  const handshakes = new HandshakeSessions(options, host);
  return {
    known,
    handshakes,
    ws: new WsGate(judge, handshakes, new OpenStreams(known, judge), options),
    rpc: new RpcGate(judge, options),
  };
}

const refusalOf = (entered: unknown): Promise<unknown> =>
  Promise.resolve(entered).then(
    () => undefined,
    (error: unknown) => error,
  );
const warn = jest.fn();
beforeEach(() => {
  warn.mockClear();
  verify.mockClear();
  Logger.overrideLogger({ log: warn, error: warn, warn });
});
afterEach(() => {
  Logger.overrideLogger(['error']);
});

describe('the gate of messages to gateways', () => {
  const socketWith = (token?: string) => ({
    request: { headers: {} },
    handshake: { auth: token === undefined ? {} : { token } },
    disconnect: jest.fn(),
  });
  const from = (client: unknown, data: unknown = 'hello') =>
    ({ switchToWs: () => ({ getClient: () => client, getData: () => data }) }) as unknown as ExecutionContext;
  const soon = () => new Promise((resolve) => setImmediate(resolve));

  it('refuses by an exception, and disconnects afterwards', async () => {
    const socket = socketWith('over');
    const error = (await refusalOf(gatesOf({}).ws.enter(from(socket), policy))) as WsException;
    expect(error).toBeInstanceOf(WsException);
    expect(error.getError()).toMatchObject({ status: 'error', statusCode: 401, reason: 'logged-out' });
    expect(socket.disconnect).not.toHaveBeenCalled();
    await soon();
    expect(socket.disconnect).toHaveBeenCalledTimes(1);
  });

  it('reads a handshake once, and waits for nothing from then on', async () => {
    const { ws } = gatesOf({});
    const socket = socketWith('good');
    expect(await ws.enter(from(socket), policy)).toBe(true);
    expect(ws.enter(from(socket), policy)).toBe(true);
    expect(verify).toHaveBeenCalledTimes(1);
    expect(await ws.enter(from(socketWith()), policy)).toBe(true);
  });

  it('lets whoever a guard of the gateway’s may know pass, and says once that it cannot know them', async () => {
    const { ws } = gatesOf({}, [requestUser()]);
    expect(await ws.enter(from(socketWith('good')), policy)).toBe(true);
    expect(warn).not.toHaveBeenCalled();
    for (const socket of [socketWith(), socketWith()])
      expect(await ws.enter(from(socket), policy)).toBe(true);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toContain('sessionOfMessage.ws');
  });

  it('watches sockets of the ws adapter from then on, and leaves those of Socket.IO to their namespaces', async () => {
    const { ws, known } = gatesOf({ ws: (client) => (client as { who?: typeof GOOD }).who });
    const theirs = Object.assign(new EventEmitter(), { close: jest.fn(), who: GOOD });
    const socketIo = Object.assign(new EventEmitter(), {
      ...socketWith(),
      close: jest.fn(),
      who: GOOD,
    });
    expect(await ws.enter(from(theirs), policy)).toBe(true);
    expect(await ws.enter(from(socketIo), policy)).toBe(true);
    known.learn({ userId: '7', loggedOutAt: GOOD.signedInAt }, 'store');
    expect(theirs.close.mock.calls).toEqual([[4401, 'logged-out']]);
    expect(socketIo.close).not.toHaveBeenCalled();
  });

  it('goes by what a message says of whose it is, also where the socket was handed over', async () => {
    const { ws, handshakes } = gatesOf({ ws: () => Promise.resolve(GOOD) });
    const client = { close: jest.fn(), once: jest.fn() };
    handshakes.opened(client, { headers: { authorization: 'Bearer over' } });
    expect(await ws.enter(from(client), policy)).toBe(true);
    expect(verify).not.toHaveBeenCalled();
  });

  it('takes the socket that was handed over for whose a message is that does not say so', async () => {
    const client = { close: jest.fn(), once: jest.fn() };
    const said = jest.fn(() => undefined);
    const { ws, handshakes } = gatesOf({ ws: said });
    handshakes.opened(client, { headers: { authorization: 'Bearer over' } });
    expect(await refusalOf(ws.enter(from(client), policy))).toBeInstanceOf(WsException);
    expect(said).toHaveBeenCalledTimes(1);
    const stranger = { close: jest.fn(), once: jest.fn() };
    expect(await ws.enter(from(stranger), policy)).toBe(true);
  });

  it.each(['undefined', 'a promise of it'])(
    'takes a Socket.IO client for who opened its socket where the application says %s of a message',
    async (kind) => {
      const { ws } = gatesOf({ ws: () => (kind === 'undefined' ? undefined : Promise.resolve(undefined)) });
      expect(await refusalOf(ws.enter(from(socketWith('over')), policy))).toBeInstanceOf(WsException);
      expect(await ws.enter(from(socketWith('good')), policy)).toBe(true);
      expect(await ws.enter(from(socketWith()), policy)).toBe(true);
      expect(warn).not.toHaveBeenCalled();
    },
  );

  it('does not disconnect while it does not know', async () => {
    const socket = socketWith('good');
    const own = { ...policy, stalenessLimitMs: -1 };
    const error = (await refusalOf(gatesOf({}).ws.enter(from(socket), own))) as WsException;
    expect(error.getError()).toMatchObject({ statusCode: 503, reason: 'logout-state-unknown' });
    await soon();
    expect(socket.disconnect).not.toHaveBeenCalled();
  });

  it('lets messages of sockets without a request pass, with one warning', () => {
    const { ws } = gatesOf({});
    for (const client of [{ send: () => undefined }, null, undefined, 'client'])
      expect(ws.enter(from(client), policy)).toBe(true);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('asks the application, where it can tell whose a message is, and closes a plain socket', async () => {
    const ask = jest.fn((_client: unknown, data: unknown) => (data === 'over' ? OVER : undefined));
    const { ws } = gatesOf({ ws: ask });
    const client = { close: jest.fn() };
    expect(ws.enter(from(client, 'fine'), policy)).toBe(true);
    expect(() => ws.enter(from(client, 'over'), policy)).toThrow(WsException);
    await soon();
    expect(client.close.mock.calls).toEqual([[4401, 'logged-out']]);
    expect(ask).toHaveBeenCalledWith(client, 'over');
    expect(warn).not.toHaveBeenCalled();
  });

  it('may be told later', async () => {
    const { ws } = gatesOf({ ws: (_client, data) => Promise.resolve(data === 'over' ? OVER : undefined) });
    expect(await ws.enter(from({}, 'fine'), policy)).toBe(true);
    expect(await refusalOf(ws.enter(from({}, 'over'), policy))).toBeInstanceOf(WsException);
  });
});

describe('the gate of messages to microservices', () => {
  const from = (data: unknown) =>
    ({
      switchToRpc: () => ({ getData: () => data, getContext: () => 'context' }),
    }) as unknown as ExecutionContext;

  it('lets everything pass with one warning where the application does not say whose it is', () => {
    const { rpc } = gatesOf({});
    expect([rpc.enter(from(1), policy), rpc.enter(from(2), policy)]).toEqual([true, true]);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('refuses by an exception of microservices', async () => {
    const ask = jest.fn<NonNullable<SessionOfMessage['rpc']>>((data) => data as typeof OVER | undefined);
    const { rpc } = gatesOf({ rpc: ask });
    expect(await rpc.enter(from(GOOD), policy)).toBe(true);
    expect(await rpc.enter(from(undefined), policy)).toBe(true);
    const error = (await refusalOf(rpc.enter(from(OVER), policy))) as RpcException;
    expect(error).toBeInstanceOf(RpcException);
    expect(error.getError()).toMatchObject({ statusCode: 401, reason: 'logged-out' });
    expect(ask).toHaveBeenCalledWith(OVER, 'context');
    expect(warn).not.toHaveBeenCalled();
  });
});
