import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { databaseKind } from './support/database.js';
import type { Fault } from './support/fault-proxy.js';
import { type HostClient, World } from './support/world.js';

const EXCHANGE = '/api/client/user-for-token';
/** The first exchange uses the token up and its answer is lost; everything later passes. */
function loseFirstAnswer(): (path: string) => Fault {
  let isLost = false;
  return (path) => {
    if (path !== EXCHANGE || isLost) return 'pass';
    isLost = true;
    return 'lose-answer';
  };
}
const onExchange = (fault: Fault) => (path: string) => (path === EXCHANGE ? fault : 'pass');

describe(`calls when Meveto is in trouble, on ${databaseKind}`, () => {
  let world: World;
  let host: HostClient;
  beforeEach(async () => {
    world = await World.create();
    host = await world.start({ options: { exchange: { timeoutMs: 300 } } });
  });
  afterEach(() => world.end());

  it('acknowledges at once, however long Meveto takes', async () => {
    world.proxy.delayMs = 1_500;
    const startedAt = performance.now();
    expect((await host.webhook(world.meveto.issueUserToken('m-1'))).status).toBe(202);
    expect(performance.now() - startedAt).toBeLessThan(500);
    expect((await host.states()).pending).toBe(1);
  });

  it.each<[string, Fault]>([
    ['an error page', { status: 502, body: '<html>Bad gateway</html>' }],
    ['a server error', { status: 500, body: '{"message":"Server Error"}' }],
    ['JSON that is cut off', { status: 200, body: '{"status":' }],
    ['an error with HTTP 200', { status: 200, body: '{"error":"server_error","error_description":"later"}' }],
    ['a redirect', { status: 302, body: '', headers: { location: 'https://elsewhere.example/' } }],
    ['an answer without a user', { status: 200, body: '{"status":"Token_User_Retrieved","payload":{}}' }],
    ['silence', 'hang'],
    ['a broken connection', 'reset'],
  ])('tries again after %s, and applies the logout', async (_what, fault) => {
    const cookie = await host.login();
    world.proxy.fault = onExchange(fault);
    await host.webhook(world.meveto.issueUserToken('m-1'));
    while (world.proxy.count(EXCHANGE) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    world.proxy.fault = () => 'pass';
    await host.untilCalls('applied');
    expect((await host.get('/api', { cookie })).status).toBe(401);
  });

  it('rejects a forged token on its first clean answer, and asks only once', async () => {
    await host.webhook('forged');
    await host.untilCalls('rejected');
    await host.webhook('forged');
    expect(world.meveto.exchanges).toHaveLength(1);
    expect((await host.states()).rejected).toBe(1);
  });

  it('calls a token ambiguous that was used up by an attempt whose answer was lost', async () => {
    world.proxy.fault = loseFirstAnswer();
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilCalls('ambiguous');
    expect(world.meveto.exchanges.map(({ outcome }) => outcome)).toEqual(['retrieved', 'invalid']);
  });

  it('heals an ambiguous call by the pending list, asked at once', async () => {
    const cookie = await host.login();
    world.proxy.fault = loseFirstAnswer();
    const pollsBefore = world.proxy.count('/api/client/webhooks/pending');
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilCalls('ambiguous');
    // Meveto lists the same logout with a fresh token.
    const delivery = await failedDelivery(world, 'm-1');
    expect(delivery).toBe('failed');
    await host.service.reconcileNow();
    await host.untilCalls('applied');
    expect(world.proxy.count('/api/client/webhooks/pending')).toBeGreaterThan(pollsBefore + 1);
    expect((await host.get('/api', { cookie })).status).toBe(401);
  });

  it('applies a call once, however often it is delivered', async () => {
    const token = world.meveto.issueUserToken('m-1');
    await Promise.all(Array.from({ length: 20 }, () => host.webhook(token)));
    await host.untilCalls('applied');
    const after = await host.login();
    await host.webhook(token);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(world.meveto.exchanges).toHaveLength(1);
    // A replay must not end a session that began later.
    expect((await host.get('/api', { cookie: after })).status).toBe(200);
  });

  it('clears the Meveto ID when protection is removed, and logs nobody out', async () => {
    const cookie = await host.login();
    await host.webhook(world.meveto.issueUserToken('m-1'), 'Meveto_Protection_Removed');
    await host.untilCalls('applied');
    expect((await host.get('/api', { cookie })).status).toBe(200);
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilCalls('unknown_user');
  });

  it('loses no logout to the removal that followed it', async () => {
    const cookie = await host.login();
    world.proxy.fault = onExchange({ status: 500, body: '' });
    await host.webhook(world.meveto.issueUserToken('m-1'));
    while (world.proxy.count(EXCHANGE) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    world.proxy.fault = () => 'pass';
    await host.webhook(world.meveto.issueUserToken('m-1'), 'Meveto_Protection_Removed');
    await host.untilCalls('applied', 2);
    expect((await host.get('/api', { cookie })).status).toBe(401);
  });
});

/** A logout whose webhook never gets through: it stays on the pending list. */
async function failedDelivery(world: World, mevetoId: string): Promise<string> {
  world.meveto.addApplication({
    clientId: 'test-client',
    clientSecret: 'test-client-secret-0123456789',
    name: 'Unreachable',
    webhookUrl: 'http://127.0.0.1:9/meveto/webhook',
    homeUrl: 'http://127.0.0.1:9/',
  });
  const delivery = await world.meveto.logOut(mevetoId, 'test-client');
  await delivery.settled;
  return delivery.state;
}
