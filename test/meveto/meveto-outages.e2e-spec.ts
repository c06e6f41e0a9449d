import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { databaseKind } from '../support/database.js';
import type { Fault } from '../support/network/fault-proxy.js';
import { type HostClient, World } from '../support/world.js';
import { staysTrue, until } from '../support/until.js';

const EXCHANGE = '/api/client/user-for-token';
/** The first exchange uses up the token and its answer is lost. Later exchanges get an answer. */
function loseFirstAnswer(): (path: string) => Fault {
  let isLost = false;
  return (path) => {
    if (path !== EXCHANGE || isLost) return 'pass';
    isLost = true;
    return 'lose-answer';
  };
}
const onExchange = (fault: Fault) => (path: string) => (path === EXCHANGE ? fault : 'pass');

describe(`jobs during failures of Meveto, on ${databaseKind}`, () => {
  let world: World;
  let host: HostClient;
  beforeEach(async () => {
    world = await World.create();
    host = await world.start({ options: { exchange: { timeoutMs: 300 } } });
  });
  afterEach(() => world.end());

  it('are acknowledged at once, however long Meveto takes', async () => {
    world.proxy.delayMs = 1_500;
    const startedAt = performance.now();
    expect((await host.webhook(world.meveto.issueUserToken('m-1'))).status).toBe(202);
    expect(performance.now() - startedAt).toBeLessThan(500);
    expect((await host.states()).pending).toBe(1);
  });

  it.each<[string, Fault]>([
    ['an error page', { status: 502, body: '<html>Bad gateway</html>' }],
    ['a server error', { status: 500, body: '{"message":"Server Error"}' }],
    ['truncated JSON', { status: 200, body: '{"status":' }],
    ['an error with HTTP 200', { status: 200, body: '{"error":"server_error","error_description":"later"}' }],
    ['a redirect', { status: 302, body: '', headers: { location: 'https://elsewhere.example/' } }],
    ['an answer without a user', { status: 200, body: '{"status":"Token_User_Retrieved","payload":{}}' }],
    ['no answer', 'hang'],
    ['a broken connection', 'reset'],
  ])('are tried again and applied after %s', async (_what, fault) => {
    const cookie = await host.login();
    world.proxy.fault = onExchange(fault);
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await until('an attempt', () => world.proxy.count(EXCHANGE) > 0);
    world.proxy.fault = () => 'pass';
    await host.untilJobs('applied');
    expect((await host.get('/api', { cookie })).status).toBe(401);
  });

  it('are rejected for a forged token at the first answer, with one request', async () => {
    await host.webhook('forged');
    await host.untilJobs('rejected');
    await host.webhook('forged');
    expect(world.meveto.exchanges).toHaveLength(1);
    expect((await host.states()).rejected).toBe(1);
  });

  it('become ambiguous when an attempt whose answer was lost used up the token', async () => {
    world.proxy.fault = loseFirstAnswer();
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilJobs('ambiguous');
    expect(world.meveto.exchanges.map(({ outcome }) => outcome)).toEqual(['retrieved', 'invalid']);
  });

  it('are applied through the list of pending webhooks, polled as soon as they are ambiguous', async () => {
    const cookie = await host.login();
    world.proxy.fault = loseFirstAnswer();
    const pollsBefore = world.proxy.count('/api/client/webhooks/pending');
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilJobs('ambiguous');
    // Meveto lists the same logout with a new token.
    const delivery = await failedDelivery(world, 'm-1');
    expect(delivery).toBe('failed');
    await host.service.reconcileNow();
    await host.untilJobs('applied');
    expect(world.proxy.count('/api/client/webhooks/pending')).toBeGreaterThan(pollsBefore + 1);
    expect((await host.get('/api', { cookie })).status).toBe(401);
  });

  it('are applied once, however often the webhook is delivered', async () => {
    const token = world.meveto.issueUserToken('m-1');
    await Promise.all(Array.from({ length: 20 }, () => host.webhook(token)));
    await host.untilJobs('applied');
    const after = await host.login();
    await host.webhook(token);
    await staysTrue('one exchange', 100, () => world.meveto.exchanges.length === 1);
    // A repetition must not end a session that began later.
    expect((await host.get('/api', { cookie: after })).status).toBe(200);
  });

  it('clear the Meveto ID when protection is removed, and log no user out', async () => {
    const cookie = await host.login();
    await host.webhook(world.meveto.issueUserToken('m-1'), 'Meveto_Protection_Removed');
    await host.untilJobs('applied');
    expect((await host.get('/api', { cookie })).status).toBe(200);
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilJobs('unknown_user');
  });

  it('apply a logout also when a removal of protection follows', async () => {
    const cookie = await host.login();
    world.proxy.fault = onExchange({ status: 500, body: '' });
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await until('an attempt', () => world.proxy.count(EXCHANGE) > 0);
    world.proxy.fault = () => 'pass';
    await host.webhook(world.meveto.issueUserToken('m-1'), 'Meveto_Protection_Removed');
    await host.untilJobs('applied', 2);
    expect((await host.get('/api', { cookie })).status).toBe(401);
  });
});

/** A logout whose webhook never arrives: it stays on the list of pending webhooks. */
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
