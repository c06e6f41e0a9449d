import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { AnnouncedLogout } from 'nestjs-meveto-logout';
import { DataSource } from 'typeorm';
import { databaseKind } from './support/database.js';
import { User } from './support/host-app.js';
import { until } from './support/until.js';
import { type HostClient, World } from './support/world.js';

const EXCHANGE = '/api/client/user-for-token';

describe(`an operator, on ${databaseKind}`, () => {
  const onProtectionRemoved = jest.fn<(person: { userId: string }) => void>();
  let world: World;
  let host: HostClient;
  beforeEach(async () => {
    onProtectionRemoved.mockClear();
    world = await World.create();
    host = await world.start({ options: { exchange: { timeoutMs: 500 }, onProtectionRemoved } });
  });
  afterEach(() => world.end());

  /** A call whose first exchange used the token up and whose answer was lost. */
  async function ambiguousCall(type = 'User_Logged_Out'): Promise<{ id: string; token: string }> {
    let isLost = false;
    world.proxy.fault = (path) => {
      if (path !== EXCHANGE || isLost) return 'pass';
      isLost = true;
      return 'lose-answer';
    };
    const token = world.meveto.issueUserToken('m-1');
    await host.webhook(token, type);
    await host.untilCalls('ambiguous', 1, 10_000);
    const { calls } = await host.service.listCalls({ state: 'ambiguous' });
    return { id: calls[0]?.id ?? '', token };
  }

  it('sees calls by their state, page by page, and nothing of their tokens', async () => {
    const { id, token } = await ambiguousCall();
    await Promise.all(['a', 'b', 'c'].map((each) => host.webhook(`forged-${each}`)));
    await host.untilCalls('rejected', 3);
    expect(await host.service.listCalls({ state: 'ambiguous' })).toEqual({
      calls: [
        {
          id,
          type: 'User_Logged_Out',
          state: 'ambiguous',
          reason: 'invalid-after-unknown-attempt',
          receivedAt: expect.any(Number),
          occurredAt: expect.any(Number),
          settledAt: expect.any(Number),
          attempts: 2,
          digestPrefix: expect.stringMatching(/^[\w-]{8}$/),
        },
      ],
      next: undefined,
    });
    const first = await host.service.listCalls({ state: 'rejected', limit: 2 });
    const second = await host.service.listCalls({ state: 'rejected', limit: 2, after: first.next });
    expect([first.calls.length, second.calls.length, second.next]).toEqual([2, 1, undefined]);
    expect(new Set([...first.calls, ...second.calls].map((call) => call.id)).size).toBe(3);
    expect((await host.service.listCalls({ state: 'rejected', limit: 0 })).calls).toHaveLength(1);
    expect(
      JSON.stringify([first, second, await host.service.listCalls({ state: 'ambiguous' })]),
    ).not.toContain(token);
  });

  it('resolves an ambiguous call for a user: the whole logout, as of its receipt, announced like any other', async () => {
    const before = await host.login();
    const { id } = await ambiguousCall();
    await delay(5);
    const after = await host.token();
    expect((await host.get('/api', { cookie: before })).status).toBe(200);

    const announced: AnnouncedLogout[] = [];
    host.service.logouts$.subscribe((logout) => announced.push(logout));
    const { calls } = await host.service.listCalls({ state: 'ambiguous' });
    await host.service.resolveCall(id, { userId: 1 });
    expect(announced).toEqual([{ userId: '1', loggedOutAt: calls[0]?.occurredAt, source: 'own-commit' }]);
    expect((await host.get('/api', { cookie: before })).status).toBe(401);
    expect((await host.get('/api', { authorization: `Bearer ${after}` })).status).toBe(200);
    const user = await host.app.get(DataSource).getRepository(User).findOneByOrFail({ id: 1 });
    expect(user.lastLoggedOut).toBe(calls[0]?.occurredAt);
    expect(await host.service.status()).toMatchObject({
      calls: { ambiguous: 0, applied: 1 },
      counters: { call_resolved: 1 },
    });
    await expect(host.service.resolveCall(id, { userId: 1 })).rejects.toMatchObject({
      code: 'ERR_MEVETO_CALL_NOT_RESOLVABLE',
    });
  });

  it('resolves a removal of protection, and the application is told', async () => {
    const { id } = await ambiguousCall('Meveto_Protection_Removed');
    await host.service.resolveCall(id, { userId: '1' });
    expect(onProtectionRemoved.mock.calls).toEqual([[{ userId: '1' }]]);
    const user = await host.app.get(DataSource).getRepository(User).findOneByOrFail({ id: 1 });
    expect([user.mevetoId, user.lastLoggedOut]).toEqual([null, null]);
  });

  it('is told when there is no such user, and nothing changes', async () => {
    const { id } = await ambiguousCall();
    await expect(host.service.resolveCall(id, { userId: 99 })).rejects.toMatchObject({
      code: 'ERR_MEVETO_UNKNOWN_USER',
    });
    expect(await host.states()).toMatchObject({ ambiguous: 1, applied: 0 });
  });

  it('discards an ambiguous call, with a reason that stays', async () => {
    const { id } = await ambiguousCall();
    await host.service.resolveCall(id, { discard: `nobody was ${'logged in '.repeat(20)}` });
    const { calls } = await host.service.listCalls({ state: 'rejected' });
    expect(calls).toEqual([
      expect.objectContaining({ id, reason: expect.stringMatching(/^operator: nobody was logged in/) }),
    ]);
    expect(calls[0]?.reason?.length).toBe(64);
    await expect(host.service.resolveCall(id, { discard: 'again' })).rejects.toMatchObject({
      code: 'ERR_MEVETO_CALL_NOT_RESOLVABLE',
    });
    expect((await host.service.status()).counters.call_discarded).toBe(1);
  });

  it('lets a call be tried at once that waits after a failed attempt, and no other', async () => {
    world.proxy.fault = (path) =>
      path === EXCHANGE ? { status: 503, body: '', headers: { 'retry-after': '30' } } : 'pass';
    await host.webhook(world.meveto.issueUserToken('m-1'));
    const waiting = await until('the failed attempt', async () => {
      const { calls } = await host.service.listCalls({ state: 'pending' });
      return calls.find(({ reason }) => reason === 'http-503');
    });
    world.proxy.fault = () => 'pass';
    expect(await host.service.retryCall(waiting?.id ?? '')).toBe(true);
    await host.untilCalls('applied', 1, 3_000);
    expect(await host.service.retryCall(waiting?.id ?? '')).toBe(false);
    expect(await host.service.retryCall('nobody')).toBe(false);
  });

  it('is counted a call that the pending list did not heal', async () => {
    await ambiguousCall();
    await host.service.reconcileNow();
    await delay(50);
    expect((await host.service.status()).counters.call_unhealed).toBe(1);
    await host.service.reconcileNow();
    await delay(50);
    expect((await host.service.status()).counters.call_unhealed).toBe(1);
  });
});
