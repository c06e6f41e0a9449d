import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { databaseKind } from '../support/database.js';
import { TunnelAgent, TunnelProxy } from '../../libs/meveto-logout/spec-support/tunnel.js';
import { World } from '../support/world.js';

const EXCHANGE = '/api/client/user-for-token';
const PENDING = '/api/client/webhooks/pending';
const VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()]);

describe(`connections to Meveto, on ${databaseKind}`, () => {
  let world: World;
  let tunnel: TunnelProxy;
  const before = { ...process.env };
  beforeEach(async () => {
    world = await World.create();
    tunnel = await TunnelProxy.start();
  });
  afterEach(async () => {
    for (const name of [...VARIABLES, 'NO_PROXY', 'no_proxy']) {
      if (before[name] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = before[name];
    }
    await world.end();
    tunnel.stop();
  });

  it('ignore environment variables that name a proxy', async () => {
    for (const name of VARIABLES) process.env[name] = tunnel.url;
    for (const name of ['NO_PROXY', 'no_proxy']) process.env[name] = '';
    const host = await world.start();
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilJobs('applied');
    expect(world.proxy.count(PENDING)).toBeGreaterThan(0);
    expect(world.proxy.count(EXCHANGE)).toBe(1);
    expect(tunnel.connectionCount).toBe(0);
  });

  it('use the configured agent, for the exchange and for the list of pending webhooks', async () => {
    const agent = new TunnelAgent(tunnel.url);
    const host = await world.start({ options: { outbound: { agent } } });
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilJobs('applied');
    expect(world.proxy.count(EXCHANGE)).toBe(1);
    expect(new Set(tunnel.tunnels)).toEqual(new Set([new URL(world.proxy.url).host]));
    agent.destroy();
  });

  it('are tried again after the agent’s proxy was unavailable, until the job is applied', async () => {
    tunnel.refusal = 503;
    const agent = new TunnelAgent(tunnel.url);
    const host = await world.start({ options: { outbound: { agent } } });
    await host.webhook(world.meveto.issueUserToken('m-1'));
    const refusedCount = tunnel.tunnels.length;
    expect(refusedCount).toBeGreaterThan(0);
    tunnel.refusal = undefined;
    await host.untilJobs('applied', 1, 10_000);
    agent.destroy();
  });

  it('use the configured path of the exchange', async () => {
    const path = '/v2/who';
    world.proxy.fault = (asked) =>
      asked === path
        ? { status: 200, body: '{"status":"Token_User_Retrieved","payload":{"user":"m-1"}}' }
        : 'pass';
    const host = await world.start({ options: { exchange: { path } } });
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilJobs('applied');
    expect([world.proxy.count(path), world.proxy.count(EXCHANGE)]).toEqual([1, 0]);
  });
});
