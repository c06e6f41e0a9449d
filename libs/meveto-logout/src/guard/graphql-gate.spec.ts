import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type ExecutionContext, Logger } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { KnownLogouts } from '../logout/known-logouts.js';
import { Counters } from '../observe/counters.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { bearerToken } from '../session/bearer-token-reader.js';
import { HandshakeSessions } from '../session/handshake-sessions.js';
import { SessionReader, type SessionRequest } from '../session/session-reader.port.js';
import { GraphqlGate } from './graphql-gate.js';
import { OpenStreams } from './open-streams.js';
import { LoggedOutException, LogoutStateUnknownException } from './refusal.js';
import type { RoutePolicy } from './route-policies.js';
import { SessionJudge } from './session-judge.js';

const policy: RoutePolicy = { skip: false, answer: undefined, stalenessLimitMs: 10_000, isStream: false };
const OVER = { userId: 7, signedInAt: 1_000 };
const GOOD = { userId: 7, signedInAt: 3_000 };
const verify = jest.fn((token: string) => (token === 'over' ? OVER : GOOD));

class UserReader extends SessionReader {
  override readonly isLate = true;
  override read(request: SessionRequest) {
    return (request as { user?: typeof GOOD }).user;
  }
}

function make() {
  const known = new KnownLogouts();
  known.refreshed(performance.now());
  known.remember({ userId: '7', loggedOutAt: 2_000 });
  const options = {
    sessions: [bearerToken({ verify })],
    maxSessionAgeMs: 1e6,
  } as unknown as ResolvedOptions;
  const judge = new SessionJudge(known, options, new Counters(), { now: () => 5_000 });
  const host = { httpAdapter: { getInstance: () => ({}) } } as unknown as HttpAdapterHost;
  const streams = new OpenStreams(known, judge);
  const gate = new GraphqlGate(judge, new HandshakeSessions(options, host), streams, options);
  return { known, gate };
}
const from = (graphql: unknown, operation = 'query', fieldName = 'note') =>
  ({
    getArgs: () => [{}, {}, graphql, { operation: { operation }, fieldName }],
  }) as unknown as ExecutionContext;
const http = (token?: string, more: object = {}) =>
  from({ req: { headers: token === undefined ? {} : { authorization: `Bearer ${token}` }, ...more } });
const soon = () => new Promise((resolve) => setImmediate(resolve));
const openSocket = () => Object.assign(new EventEmitter(), { close: jest.fn() });
const over = (socket: object, token?: string, more: object = {}) =>
  from({
    req: {
      extra: { socket, request: { headers: {} } },
      connectionParams: token === undefined ? {} : { token },
      ...more,
    },
  });
const entered = async (enter: () => unknown): Promise<unknown> => {
  try {
    return await enter();
  } catch (error) {
    return error;
  }
};

describe('the gate of GraphQL operations', () => {
  const warn = jest.fn();
  beforeEach(() => {
    warn.mockClear();
    verify.mockClear();
    Logger.overrideLogger({ log: warn, error: warn, warn });
  });
  afterEach(() => {
    Logger.overrideLogger(['error']);
  });

  it('lets in whoever has a live session, or none', async () => {
    const { gate } = make();
    expect(await gate.enter(http('good'), policy)).toBe(true);
    expect(await gate.enter(http(), policy)).toBe(true);
    expect(warn).not.toHaveBeenCalled();
  });

  it('refuses a session that is over with 401 and its reason', async () => {
    const refusal = await entered(() => make().gate.enter(http('over'), policy));
    expect(refusal).toBeInstanceOf(LoggedOutException);
    expect((refusal as LoggedOutException).getStatus()).toBe(401);
    expect((refusal as LoggedOutException).getResponse()).toMatchObject({ reason: 'logged-out' });
  });

  it('refuses whoever it cannot judge now with 503, as the route says', async () => {
    const own = { ...policy, stalenessLimitMs: -1 };
    const refusal = await entered(() => make().gate.enter(http('good'), own));
    expect(refusal).toBeInstanceOf(LogoutStateUnknownException);
  });

  it('says once that a login may have been refused: an old cookie would keep people out', async () => {
    const { gate } = make();
    const asked = (token: string, operation: string, name: string) =>
      entered(() =>
        gate.enter(from({ req: { headers: { authorization: `Bearer ${token}` } } }, operation, name), policy),
      );
    await asked('good', 'mutation', 'login');
    await asked('over', 'query', 'login');
    await asked('over', 'mutation', 'blogInsert');
    expect(warn).not.toHaveBeenCalled();
    for (const name of ['signIn', 'logInByMail', 'authenticate'])
      expect(await asked('over', 'mutation', name)).toBeInstanceOf(LoggedOutException);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toContain('@SkipMevetoLogout()');
  });

  it('lets operations without a request pass, with one warning that says how the context gets one', () => {
    const { gate } = make();
    for (const context of [from({}), from(undefined)]) expect(gate.enter(context, policy)).toBe(true);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toContain('context: ({ req }) => ({ req })');
  });

  it('reads a connection once, and ends it with the session', async () => {
    const { gate, known } = make();
    const socket = openSocket();
    for (let times = 0; times < 3; times += 1)
      expect(await gate.enter(over(socket, 'good'), policy)).toBe(true);
    expect(verify).toHaveBeenCalledTimes(1);
    expect(socket.close).not.toHaveBeenCalled();
    known.learn({ userId: '7', loggedOutAt: GOOD.signedInAt }, 'store');
    expect(socket.close.mock.calls).toEqual([[4401, 'logged-out']]);
    expect(await entered(() => gate.enter(over(socket, 'good'), policy))).toBeInstanceOf(LoggedOutException);
  });

  it('closes a connection that it has refused, once that has been said', async () => {
    const { gate } = make();
    const socket = openSocket();
    expect(await entered(() => gate.enter(over(socket, 'over'), policy))).toBeInstanceOf(LoggedOutException);
    expect(socket.close).not.toHaveBeenCalled();
    await soon();
    expect(socket.close.mock.calls).toEqual([[4401, 'logged-out']]);
  });

  it('leaves a connection open that it cannot judge now', async () => {
    const { gate } = make();
    const socket = openSocket();
    const own = { ...policy, stalenessLimitMs: -1 };
    expect(await entered(() => gate.enter(over(socket, 'good'), own))).toBeInstanceOf(
      LogoutStateUnknownException,
    );
    await soon();
    expect(socket.close).not.toHaveBeenCalled();
  });

  describe('over HTTP', () => {
    const response = () => Object.assign(new EventEmitter(), { destroy: jest.fn() });
    const request = { headers: { authorization: 'Bearer good' } };
    const logOut = (known: KnownLogouts) =>
      known.learn({ userId: '7', loggedOutAt: GOOD.signedInAt }, 'store');

    it.each<[string, (raw: object) => object]>([
      ['Express has it', (res) => ({ req: { ...request, res } })],
      ['the context has it', (res) => ({ req: request, res })],
      ['Fastify’s reply has it', (raw) => ({ reply: { request, raw } })],
      ['the context has Fastify’s reply as res', (raw) => ({ req: request, res: { raw } })],
    ])('cuts a subscription off with its session: %s', async (_where, contextOf) => {
      const { gate, known } = make();
      const raw = response();
      expect(await gate.enter(from(contextOf(raw), 'subscription'), policy)).toBe(true);
      expect(raw.destroy).not.toHaveBeenCalled();
      logOut(known);
      expect(raw.destroy).toHaveBeenCalledTimes(1);
      expect(warn).not.toHaveBeenCalled();
    });

    it.each(['query', 'mutation'])('lets a %s come to its end', async (operation) => {
      const { gate, known } = make();
      const res = response();
      expect(await gate.enter(from({ req: request, res }, operation), policy)).toBe(true);
      logOut(known);
      expect(res.destroy).not.toHaveBeenCalled();
    });

    it('warns once of subscriptions that it cannot cut off, and not for those of strangers', async () => {
      const { gate } = make();
      expect(await gate.enter(from({ req: { headers: {} } }, 'subscription'), policy)).toBe(true);
      expect(warn).not.toHaveBeenCalled();
      for (let times = 0; times < 2; times += 1)
        expect(await gate.enter(from({ req: request }, 'subscription'), policy)).toBe(true);
      expect(warn).toHaveBeenCalledTimes(1);
      expect(warn.mock.calls[0]?.[0]).toContain('context: ({ req, res }) => ({ req, res })');
    });
  });

  it('asks late readers each time, of a request and of a connection', async () => {
    const { gate, known } = make();
    const late = [new UserReader()];
    expect(gate.enter(http(undefined, { user: GOOD }), policy, late)).toBe(true);
    expect(await entered(() => gate.enter(http(undefined, { user: OVER }), policy, late))).toBeInstanceOf(
      LoggedOutException,
    );
    const socket = openSocket();
    expect(await gate.enter(over(socket, 'good'), policy)).toBe(true);
    // Nobody had logged in yet when the connection was read.
    expect(gate.enter(over(socket, undefined, { user: GOOD }), policy, late)).toBe(true);
    known.learn({ userId: '7', loggedOutAt: GOOD.signedInAt }, 'store');
    expect(socket.close).toHaveBeenCalledTimes(1);
    expect(
      await entered(() => gate.enter(over(socket, undefined, { user: GOOD }), policy, late)),
    ).toBeInstanceOf(LoggedOutException);
  });
});
