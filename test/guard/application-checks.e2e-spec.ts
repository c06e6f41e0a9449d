import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { HttpException } from '@nestjs/common';
import { RpcException } from '@nestjs/microservices';
import {
  LoggedOutException,
  LogoutStateUnknownException,
  type MevetoLogoutOptions,
  type SessionToCheck,
  type StoreDefinition,
} from 'nestjs-meveto-logout';
import { memoryStore } from 'nestjs-meveto-logout/testing';
import { createClient } from 'graphql-ws';
import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import { claimsIn, ownChecksHost } from '../support/hosts/own-checks-host.js';
import { GUARDED_USERS, GuardedHost } from '../support/hosts/guarded-host.js';
import { until } from '../support/until.js';

describe('the application’s own session checks', () => {
  let host: GuardedHost;
  const sockets: Socket[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.close();
    await host.end();
  });
  const start = async (options: Partial<MevetoLogoutOptions> = {}) => {
    host = await GuardedHost.start({
      options: { session: { read: () => undefined }, ...options },
      metadata: ownChecksHost,
    });
  };
  const tokenOf = async (userId: number) => {
    const { signedInAt } = await host.service.recordLogin(userId);
    return `${String(userId)}.${String(signedInAt)}`;
  };
  const get = async (path: string, token: string) => {
    const answer = await host.request('GET', path, { authorization: `Bearer ${token}` });
    return { ...answer, body: answer.status === 200 ? answer.text : (JSON.parse(answer.text) as unknown) };
  };
  const OVER = {
    statusCode: 401,
    code: 'logged-out',
    reason: 'logged-out',
    cause: 'application',
    message: 'You were logged out. Log in again.',
  };
  const UNKNOWN = {
    statusCode: 503,
    code: 'logout-state-unknown',
    reason: 'logout-state-unknown',
    message: expect.any(String),
  };

  it('refuse in a guard of the application with the status and headers of the module’s guard', async () => {
    await start();
    const [mine, other] = [await tokenOf(1), await tokenOf(2)];
    expect(await get('/own', mine)).toMatchObject({ status: 200, body: 'served' });
    await host.service.logOut(1);
    const refused = await get('/own', mine);
    expect(refused).toMatchObject({ status: 401, body: OVER });
    expect(refused.headers).toMatchObject({ 'www-authenticate': 'Bearer', 'cache-control': 'no-store' });
    expect(await get('/own', other)).toMatchObject({ status: 200 });
    expect(await get('/own', await tokenOf(1))).toMatchObject({ status: 200 });
  });

  it('refuse with the same body if they have no response', async () => {
    await start();
    const token = await tokenOf(1);
    await host.service.logOut(1);
    const refused = await get('/headerless', token);
    expect([refused.status, refused.body]).toEqual([401, OVER]);
    expect(refused.headers).not.toHaveProperty('www-authenticate');
  });

  it('refuse a session that is too old as expired', async () => {
    await start({ logouts: { maxSessionAgeMs: 60_000 } });
    const session = { userId: 1, signedInAt: Date.now() - 61_000 };
    expect(host.service.sessionState(session)).toBe('expired');
    expect(host.service.sessionState({ ...session, signedInAt: new Date(session.signedInAt) })).toBe(
      'expired',
    );
    const refused = await get('/own', `1.${String(session.signedInAt)}`);
    expect(refused).toMatchObject({ status: 401, body: { statusCode: 401, reason: 'expired' } });
    expect(refused.headers).toMatchObject({ 'www-authenticate': 'Bearer' });
  });

  it.each<['deny' | 'allow', number]>([
    ['deny', 503],
    ['allow', 200],
  ])('return unknown and follow the policy while the store is unavailable: %p', async (policy, status) => {
    let isDown = false;
    const store = failing(() => isDown);
    await start({
      store,
      logouts: { pollIntervalMs: 50 },
      logoutState: { maxStalenessMs: 2_000, onUnknown: policy },
    });
    const [mine, over] = [await tokenOf(1), await tokenOf(2)];
    await host.service.logOut(2);
    isDown = true;
    const [userId, signedInAt] = mine.split('.');
    const session = { userId: userId ?? '', signedInAt };
    await until('too little is known', () => host.service.sessionState(session) === 'unknown', 5_000);
    const answer = await get('/own', mine);
    expect(answer.status).toBe(status);
    if (status === 503) {
      expect(answer.body).toEqual(UNKNOWN);
      expect(answer.headers).toMatchObject({ 'retry-after': '2', 'cache-control': 'no-store' });
      expect(() => host.service.assertLive(session)).toThrow(LogoutStateUnknownException);
    }
    expect((await get('/own', over)).status).toBe(401);
    expect(host.service.sessionState(claimsIn(over))).toBe('logged-out');
  });

  it('agree with the guard for every format of signedInAt', async () => {
    await start();
    const { signedInAt } = await host.service.recordLogin(1);
    const starts = [signedInAt, String(signedInAt), new Date(signedInAt), new Date(signedInAt).toISOString()];
    for (const each of [...starts, undefined, null])
      expect(host.service.sessionState({ userId: 1, signedInAt: each })).toBe('live');
    await until('a later millisecond', () => Date.now() > signedInAt);
    await host.service.logOut(1);
    for (const each of [...starts, undefined, null, Number.NaN, 'junk', new Date(Number.NaN)]) {
      expect(host.service.sessionState({ userId: 1, signedInAt: each })).toBe('logged-out');
      expect(() => host.service.assertLive({ userId: '1', signedInAt: each })).toThrow(LoggedOutException);
    }
    expect((await host.service.status()).counters.guard_refused).toBeGreaterThan(0);
  });

  it.each([undefined, null, '', {}, [1], Number.NaN, true])(
    'throw a TypeError for the user id %p',
    async (userId) => {
      await start();
      const session = { userId, signedInAt: Date.now() } as SessionToCheck;
      expect(() => host.service.sessionState(session)).toThrow(TypeError);
      expect(() => host.service.assertLive(session)).toThrow(TypeError);
      expect(() => host.service.sessionState({ userId: 1, signedInAt: 1_764_000_000 })).toThrow(
        /looks like seconds/,
      );
    },
  );

  it('disconnect clients and refuse messages in a gateway of the application', async () => {
    await start();
    const token = await tokenOf(1);
    const open = () => {
      const socket = io(host.url, {
        auth: { ticket: token },
        transports: ['websocket'],
        reconnection: false,
      });
      sockets.push(socket);
      return socket;
    };
    const next = (socket: Socket, event: string) =>
      new Promise<unknown>((resolve) => socket.once(event, resolve));
    const socket = open();
    await next(socket, 'connect');
    const said = next(socket, 'said');
    socket.emit('say');
    expect(await said).toBe('hello');
    await host.service.logOut(1);
    const refused = next(socket, 'exception');
    socket.emit('say');
    expect(await refused).toEqual(OVER);
    expect(await next(open(), 'disconnect')).toBe('io server disconnect');
  });

  it('refuse in the context function of GraphQL with a code, a reason and a status', async () => {
    await start();
    const token = await tokenOf(1);
    const ask = () =>
      host.request('POST', '/graphql', { authorization: `Bearer ${token}` }, { query: '{ note }' });
    expect(JSON.parse((await ask()).text)).toEqual({ data: { note: 'a note' } });
    await host.service.logOut(1);
    const refused = await ask();
    expect(refused.status).toBe(401);
    expect(refused.headers).toMatchObject({ 'www-authenticate': 'Bearer' });
    const { errors } = JSON.parse(refused.text) as { errors: { extensions: object }[] };
    expect(errors[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED', originalError: OVER });
  });

  it('refuse a subscription in its context function, and let a live one pass', async () => {
    await start();
    const token = await tokenOf(1);
    const first = async () => {
      const client = createClient({
        url: `${host.url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
        connectionParams: { authorization: `Bearer ${token}` },
      });
      try {
        return (await client.iterate({ query: 'subscription { ticks }' }).next()).value as unknown;
      } catch (error) {
        return error;
      } finally {
        await client.dispose();
      }
    };
    expect(await first()).toMatchObject({ data: { ticks: 1 } });
    await host.service.logOut(1);
    // graphql-ws logs the errors of a context function.
    const print = jest.spyOn(console, 'error').mockReturnValue();
    expect(JSON.stringify(await first())).not.toContain('ticks');
    expect(print).toHaveBeenCalledTimes(1);
    print.mockRestore();
  });

  it('return the content of an RpcException', async () => {
    await start();
    const token = await tokenOf(1);
    await host.service.logOut(1);
    const asked = () => {
      try {
        host.service.assertLive(claimsIn(token));
        return undefined;
      } catch (error) {
        return new RpcException((error as HttpException).getResponse()).getError();
      }
    };
    expect(asked()).toEqual(OVER);
  });
});

/** A memory store whose logouts cannot be read while it is down. */
const failing = (isDown: () => boolean): StoreDefinition => ({
  create: (context) => {
    const store = memoryStore({ users: GUARDED_USERS }).create(context);
    const connect = store.connect.bind(store);
    store.connect = async () => {
      await connect();
      const { logoutStore } = store;
      const look = logoutStore.committedSince.bind(logoutStore);
      logoutStore.committedSince = (asOf) => (isDown() ? Promise.reject(new Error('down')) : look(asOf));
    };
    return store;
  },
});
