import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type ExecutionContext } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { linesOf } from '../../spec-support/log-lines.js';
import { loggedEvents } from '../../spec-support/told-events.js';
import { LogoutCache } from '../logouts/logout-cache.js';
import { Counters } from '../core/counters.js';
import { bearerToken } from '../sessions/bearer-token-reader.js';
import { HandshakeSessions } from '../sessions/handshake-sessions.js';
import { SessionReader, type SessionRequest } from '../sessions/session-reader.port.js';
import { GraphqlSessionCheck } from './graphql-session-check.js';
import { OpenConnections } from '../sessions/open-connections.js';
import { LoggedOutException, LogoutStateUnknownException } from './refusal.js';
import type { RoutePolicy } from './route-policies.js';
import { SessionValidator } from '../sessions/session-validator.js';
import { NO_AUDIT } from '../../spec-support/no-audit.js';
import type { ResolvedSessions } from '../sessions/options.js';
import type { ResolvedLogouts } from '../logouts/options.js';

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
  const known = new LogoutCache();
  known.refreshed(performance.now());
  known.remember({ userId: '7', loggedOutAt: 2_000 });
  const options = {
    sessions: [bearerToken({ verify })],
    maxSessionAgeMs: 1e6,
  } as unknown as ResolvedSessions & ResolvedLogouts;
  const clock = { now: () => 5_000 };
  const validator = new SessionValidator(known, options, options, new Counters(), clock, NO_AUDIT);
  const host = { httpAdapter: { getInstance: () => ({}) } } as unknown as HttpAdapterHost;
  const streams = new OpenConnections(known, validator);
  const handshakes = new HandshakeSessions(options, host);
  const check = new GraphqlSessionCheck(validator, handshakes, streams, options, loggedEvents());
  return { known, check };
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
const outcomeOf = async (check: () => unknown): Promise<unknown> => {
  try {
    return await check();
  } catch (error) {
    return error;
  }
};

describe('GraphqlSessionCheck', () => {
  const warn = linesOf('warn');
  const said = () => String(warn.mock.calls[0]?.[0]);
  beforeEach(() => {
    verify.mockClear();
  });

  it('lets operations with a live session, or without a session, pass', async () => {
    const { check } = make();
    expect(await check.check(http('good'), policy)).toBe(true);
    expect(await check.check(http(), policy)).toBe(true);
    expect(warn).not.toHaveBeenCalled();
  });

  it('refuses a session that is over with 401 and its reason', async () => {
    const refusal = await outcomeOf(() => make().check.check(http('over'), policy));
    expect(refusal).toBeInstanceOf(LoggedOutException);
    expect((refusal as LoggedOutException).getStatus()).toBe(401);
    expect((refusal as LoggedOutException).getResponse()).toMatchObject({ reason: 'logged-out' });
  });

  it('refuses with 503 while the logout state is too old, as the route demands', async () => {
    const own = { ...policy, stalenessLimitMs: -1 };
    const refusal = await outcomeOf(() => make().check.check(http('good'), own));
    expect(refusal).toBeInstanceOf(LogoutStateUnknownException);
  });

  it('warns once if it may have refused a login because of an old cookie', async () => {
    const { check } = make();
    const asked = (token: string, operation: string, name: string) =>
      outcomeOf(() =>
        check.check(
          from({ req: { headers: { authorization: `Bearer ${token}` } } }, operation, name),
          policy,
        ),
      );
    await asked('good', 'mutation', 'login');
    await asked('over', 'query', 'login');
    await asked('over', 'mutation', 'blogInsert');
    expect(warn).not.toHaveBeenCalled();
    for (const name of ['signIn', 'logInByMail', 'authenticate'])
      expect(await asked('over', 'mutation', name)).toBeInstanceOf(LoggedOutException);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(said()).toMatch(/^\[MEVETO_GRAPHQL_LOGIN_REFUSED\] .*@SkipMevetoLogout\(\)/);
  });

  it('lets operations without a request pass, with one warning that names the remedy', () => {
    const { check } = make();
    for (const context of [from({}), from(undefined)]) expect(check.check(context, policy)).toBe(true);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(said()).toMatch(/^\[MEVETO_GRAPHQL_WITHOUT_REQUEST\] .*\(\{ req \}\) => \(\{ req \}\)/);
  });

  it('reads a connection once, and closes it when the session is over', async () => {
    const { check, known } = make();
    const socket = openSocket();
    for (let times = 0; times < 3; times += 1)
      expect(await check.check(over(socket, 'good'), policy)).toBe(true);
    expect(verify).toHaveBeenCalledTimes(1);
    expect(socket.close).not.toHaveBeenCalled();
    known.learn({ userId: '7', loggedOutAt: GOOD.signedInAt }, 'store');
    expect(socket.close.mock.calls).toEqual([[4401, 'logged-out']]);
    expect(await outcomeOf(() => check.check(over(socket, 'good'), policy))).toBeInstanceOf(
      LoggedOutException,
    );
  });

  it('closes a refused connection after the answer', async () => {
    const { check } = make();
    const socket = openSocket();
    expect(await outcomeOf(() => check.check(over(socket, 'over'), policy))).toBeInstanceOf(
      LoggedOutException,
    );
    expect(socket.close).not.toHaveBeenCalled();
    await soon();
    expect(socket.close.mock.calls).toEqual([[4401, 'logged-out']]);
  });

  it('leaves a connection open while the logout state is too old', async () => {
    const { check } = make();
    const socket = openSocket();
    const own = { ...policy, stalenessLimitMs: -1 };
    expect(await outcomeOf(() => check.check(over(socket, 'good'), own))).toBeInstanceOf(
      LogoutStateUnknownException,
    );
    await soon();
    expect(socket.close).not.toHaveBeenCalled();
  });

  describe('with a request that the context function builds from the parameters', () => {
    const built = (headers: object, more: object = {}) => from({ req: { headers, ...more } }, 'subscription');
    it.each([
      { Authorization: 'Bearer over' },
      { authorization: 'Basic x', AUTHORIZATION: 'Bearer over' },
      { token: 'over' },
      { headers: { Authorization: 'over' } },
    ])('finds the token in %j', async (parameters) => {
      for (const more of [{}, { method: 'GET', upgrade: true }])
        expect(await outcomeOf(() => make().check.check(built(parameters, more), policy))).toBeInstanceOf(
          LoggedOutException,
        );
      expect(make().check.check(built(parameters, { method: 'GET' }), policy)).toBe(true);
    });

    it('warns once if it cannot close the connection', () => {
      const { check } = make();
      for (let times = 0; times < 2; times += 1)
        expect(check.check(built({ Authorization: 'Bearer good' }), policy)).toBe(true);
      expect(warn.mock.calls).toEqual([
        [expect.stringContaining('Put connectionParams and extra'), 'MevetoLogout'],
      ]);
    });
  });

  it.each<[string, boolean, object]>([
    ['the handshake alone', true, { req: { headers: { upgrade: 'websocket' } } }],
    [
      'the connection without its parameters',
      true,
      { extra: { request: { headers: {} }, socket: openSocket() } },
    ],
    ['parameters', false, { req: { headers: { upgrade: 'websocket' } }, connectionParams: undefined }],
    [
      'the connection of graphql-ws, whose client sent none',
      false,
      { req: { connectionInitReceived: true, extra: { request: { headers: {} }, socket: openSocket() } } },
    ],
  ])('warns if a context lacks the parameters: %s, %j', async (_what, isWarned, context) => {
    const { check } = make();
    for (let times = 0; times < 2; times += 1) expect(await check.check(from(context), policy)).toBe(true);
    expect(warn.mock.calls.map(([text]) => String(text))).toEqual(
      isWarned ? [expect.stringContaining('[MEVETO_GRAPHQL_WITHOUT_PARAMETERS]')] : [],
    );
  });

  describe('over HTTP', () => {
    const response = () => Object.assign(new EventEmitter(), { destroy: jest.fn() });
    const request = { method: 'GET', headers: { authorization: 'Bearer good' } };
    const logOut = (known: LogoutCache) =>
      known.learn({ userId: '7', loggedOutAt: GOOD.signedInAt }, 'store');

    it.each<[string, (raw: object) => object]>([
      ['Express has it', (res) => ({ req: { ...request, res } })],
      ['the context has it', (res) => ({ req: request, res })],
      ['Fastify’s reply has it', (raw) => ({ reply: { request, raw } })],
      ['the context has Fastify’s reply as res', (raw) => ({ req: request, res: { raw } })],
    ])('closes a subscription when its session is over: %s', async (_where, contextOf) => {
      const { check, known } = make();
      const raw = response();
      expect(await check.check(from(contextOf(raw), 'subscription'), policy)).toBe(true);
      expect(raw.destroy).not.toHaveBeenCalled();
      logOut(known);
      expect(raw.destroy).toHaveBeenCalledTimes(1);
      expect(warn).not.toHaveBeenCalled();
    });

    it.each(['query', 'mutation'])('does not close a %s', async (operation) => {
      const { check, known } = make();
      const res = response();
      expect(await check.check(from({ req: request, res }, operation), policy)).toBe(true);
      logOut(known);
      expect(res.destroy).not.toHaveBeenCalled();
    });

    it('warns once of subscriptions that it cannot close, but not of those without a session', async () => {
      const { check } = make();
      expect(await check.check(from({ req: { headers: {} } }, 'subscription'), policy)).toBe(true);
      expect(warn).not.toHaveBeenCalled();
      for (let times = 0; times < 2; times += 1)
        expect(await check.check(from({ req: request }, 'subscription'), policy)).toBe(true);
      expect(warn).toHaveBeenCalledTimes(1);
      expect(said()).toMatch(
        /^\[MEVETO_GRAPHQL_WITHOUT_RESPONSE\] .*\(\{ req, res \}\) => \(\{ req, res \}\)/,
      );
    });
  });

  it('reads late readers each time, of a request and of a connection', async () => {
    const { check, known } = make();
    const late = [new UserReader()];
    expect(check.check(http(undefined, { user: GOOD }), policy, late)).toBe(true);
    expect(await outcomeOf(() => check.check(http(undefined, { user: OVER }), policy, late))).toBeInstanceOf(
      LoggedOutException,
    );
    const socket = openSocket();
    expect(await check.check(over(socket, 'good'), policy)).toBe(true);
    // The connection had no user yet when it was read.
    expect(check.check(over(socket, undefined, { user: GOOD }), policy, late)).toBe(true);
    known.learn({ userId: '7', loggedOutAt: GOOD.signedInAt }, 'store');
    expect(socket.close).toHaveBeenCalledTimes(1);
    expect(
      await outcomeOf(() => check.check(over(socket, undefined, { user: GOOD }), policy, late)),
    ).toBeInstanceOf(LoggedOutException);
  });
});
