import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import axios from 'axios';
import { type HostClient, World } from './support/world.js';

/** The application's own axios, with an interceptor that sees and repeats every request, and headers of its own. */
describe('an application that has set up axios for itself', () => {
  let world: World;
  let host: HostClient;
  let interceptor: number;
  const seen: unknown[] = [];
  beforeEach(async () => {
    seen.length = 0;
    interceptor = axios.interceptors.request.use((config) => {
      seen.push(config.params);
      return config;
    });
    axios.defaults.headers.common['X-Own'] = 'secret-of-the-application';
    world = await World.create();
    host = await world.start();
  });
  afterEach(async () => {
    axios.interceptors.request.eject(interceptor);
    delete axios.defaults.headers.common['X-Own'];
    await world.end();
  });

  it('neither sees tokens nor gives Meveto its headers', async () => {
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilCalls('applied');
    expect(seen).toEqual([]);
    const exchange = world.proxy.seen.find(({ path }) => path === '/api/client/user-for-token');
    expect(exchange?.headers).toHaveProperty('accept', 'application/json');
    expect(exchange?.headers).not.toHaveProperty('x-own');
  });
});
