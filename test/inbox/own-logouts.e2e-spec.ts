import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import {
  type AnnouncedLogout,
  type LogOutOptions,
  MevetoLogoutService,
  StoreUnavailableError,
  UnknownUserError,
} from 'nestjs-meveto-logout';
import { DataSource } from 'typeorm';
import { databaseKind } from '../support/database.js';
import { User } from '../support/hosts/host-app.js';
import { LiveSocket } from '../support/live/live-socket.js';
import { until } from '../support/until.js';
import { type HostClient, World } from '../support/world.js';

const USERS = [
  { id: 1, mevetoId: 'm-1' },
  { id: 2, mevetoId: null },
];

describe(`a logout by the application, on ${databaseKind}`, () => {
  const log = jest.fn();
  let world: World;
  let host: HostClient;
  beforeEach(async () => {
    world = await World.create();
    host = await world.start({ users: USERS });
    log.mockClear();
  });
  afterEach(async () => {
    Logger.overrideLogger(['error']);
    await world.end();
  });
  const statusWith = async (authorization: string, at = host) =>
    (await at.get('/api', { authorization })).status;
  const bearer = async (userId = 1) => `Bearer ${await host.token(userId)}`;

  it('ends every session and token of its user at the next request, and no others', async () => {
    const [cookie, token, other] = [await host.login(), await bearer(), await bearer(2)];
    expect(await host.service.logOut(1)).toEqual({ loggedOutAt: expect.any(Number) });
    expect((await host.get('/api', { cookie })).status).toBe(401);
    expect(await statusWith(token)).toBe(401);
    expect(await statusWith(other)).toBe(200);
    const user = await host.app.get(DataSource).getRepository(User).findOneByOrFail({ id: 1 });
    expect(user.lastLoggedOut).toEqual(expect.any(Number));
  });

  it('has a neutral message, and a message with Meveto’s name only for a logout by Meveto', async () => {
    const textWith = async (authorization: string) => (await host.get('/api', { authorization })).json();
    const first = await bearer();
    await host.service.logOut(1, { reason: 'ban' });
    expect(await textWith(first)).toEqual({
      statusCode: 401,
      code: 'logged-out',
      cause: 'ban',
      reason: 'logged-out',
      message: 'You were logged out. Log in again.',
    });
    const session = await host.get('/meveto/session', { authorization: first });
    expect(await session.json()).toMatchObject({ reason: 'logged-out', cause: 'ban' });
    const second = await bearer();
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilJobs('applied');
    expect(await textWith(second)).toEqual({
      statusCode: 401,
      code: 'logged-out',
      cause: 'meveto',
      reason: 'logged-out',
      message: 'You were logged out from your Meveto dashboard. Log in again.',
    });
  });

  it('is announced once on every replica with its reason, logged and counted', async () => {
    const second = await world.start({ users: USERS, options: { logouts: { pollIntervalMs: 50 } } });
    const received: AnnouncedLogout[][] = [host, second].map(({ service }) => {
      const logouts: AnnouncedLogout[] = [];
      service.logouts$.subscribe((logout) => logouts.push(logout));
      return logouts;
    });
    const [token, staying] = [await bearer(), await bearer(2)];
    Logger.overrideLogger({ log, error: jest.fn(), warn: jest.fn() });
    const { loggedOutAt } = await host.service.logOut('1', { reason: 'stolen-device' });
    await until('the logout on the other replica', async () => (await statusWith(token, second)) === 401);
    const knownAt = performance.now();
    await until('a further refresh', async () => {
      const { logoutStateAgeMs } = await second.service.status();
      return performance.now() - logoutStateAgeMs > knownAt;
    });
    const logout = { userId: '1', loggedOutAt, reason: 'stolen-device' };
    expect(received).toEqual([[{ ...logout, source: 'own-commit' }], [{ ...logout, source: 'store' }]]);
    expect(await statusWith(staying, second)).toBe(200);
    expect((await host.service.status()).counters.application_logout).toBe(1);
    expect(log.mock.calls.map(([text]) => text as string)).toContain(
      '[MEVETO_APPLICATION_LOGOUT] User "1" was logged out by the application, for the reason \'stolen-device\'.',
    );
  });

  it('reaches open pages with its cause, and later pages, too', async () => {
    const token = await host.token();
    const page = new LiveSocket(host.url, { token });
    await page.next('connect');
    const { loggedOutAt } = await host.service.logOut(1, { reason: 'password-change' });
    const message = {
      loggedOutAt: new Date(loggedOutAt).toISOString(),
      redirectTo: '/login',
      reason: 'logged-out',
      cause: 'password-change',
    };
    expect(await page.next('logged-out')).toEqual(message);
    expect(await page.next('disconnect')).toBe('io server disconnect');
    const late = new LiveSocket(host.url, { token });
    expect(await late.next('logged-out')).toEqual(message);
    page.close();
    late.close();
  });

  it('keeps its reason across a restart', async () => {
    const token = await host.token();
    await host.service.logOut(1, { reason: 'ban' });
    await world.stop(host);
    host = await world.start({ users: USERS });
    const late = new LiveSocket(host.url, { token });
    expect(await late.next('logged-out')).toMatchObject({ reason: 'logged-out', cause: 'ban' });
    late.close();
  });

  it('after a password change keeps only the renewed session', async () => {
    const [mine, elsewhere] = [await host.login(), await host.login()];
    const answer = await host.post('/password', {}, { cookie: mine });
    const renewed = answer.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
    expect(answer.status).toBe(200);
    expect((await host.get('/api', { cookie: renewed })).status).toBe(200);
    expect((await host.get('/api', { cookie: elsewhere })).status).toBe(401);
    const { signedInAt } = await host.service.recordLogin(1);
    expect(host.service.sessionState({ userId: 1, signedInAt })).toBe('live');
  });

  it('takes effect as soon as its promise resolves', async () => {
    for (let i = 0; i < 20; i += 1) {
      const { signedInAt } = await host.service.recordLogin(1);
      expect(host.service.sessionState({ userId: 1, signedInAt })).toBe('live');
      await until('a later millisecond', async () => (await host.service.now()) > signedInAt);
      const { loggedOutAt } = await host.service.logOut(1);
      expect(loggedOutAt).toBeGreaterThan(signedInAt);
      expect(host.service.sessionState({ userId: 1, signedInAt })).toBe('logged-out');
    }
  });

  it.each([3, '3', 'nobody', '99999999999999999999'])('rejects an unknown user: %p', async (userId) => {
    await expect(host.service.logOut(userId)).rejects.toThrow(UnknownUserError);
    expect((await host.service.status()).counters.application_logout).toBe(0);
  });

  it.each([undefined, null, '', ' ', Number.NaN, 1.5, {}, [1], true])(
    'rejects an invalid user id with a TypeError: %p',
    async (userId) => {
      await expect(host.service.logOut(userId as number)).rejects.toThrow(TypeError);
      await expect(host.service.recordLogin(userId as number)).rejects.toThrow('recordLogin: userId is');
      const decision = { userId: userId as number };
      await expect(host.service.resolveJob('none', decision)).rejects.toThrow('resolveJob: userId is');
    },
  );

  it.each(['', 'Ban', 'ban 2', 'ban_2', 'bän', 'a'.repeat(33), 'meveto', 'ban\n', 7, null, ['ban']])(
    'rejects a reason that does not match [a-z-]{1,32}: %p',
    async (reason) => {
      const token = await bearer();
      const options = { reason } as LogOutOptions;
      await expect(host.service.logOut(1, options)).rejects.toThrow(TypeError);
      await expect(host.service.logOut(1, options)).rejects.toThrow(/^logOut: the reason is not valid\./);
      expect(await statusWith(token)).toBe(200);
    },
  );

  it.each(['a', '-', 'a'.repeat(32), 'global-token-revocation'])('accepts the reason %s', async (reason) => {
    const reasons: string[] = [];
    host.service.logouts$.subscribe((logout) => reasons.push(logout.reason));
    await host.service.logOut(1, { reason });
    expect(reasons).toEqual([reason]);
  });

  it('has no effect when nothing could be stored', async () => {
    await world.stop(host);
    const service = host.app.get(MevetoLogoutService);
    await expect(service.logOut(1)).rejects.toThrow(StoreUnavailableError);
  });
});
