import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import axios from 'axios';
import { type HostClient, World } from '../support/world.js';

/** The application's own axios, with interceptors on axios and on each new instance, and with default headers. */
describe('an application with its own axios configuration', () => {
  let world: World;
  let host: HostClient;
  let interceptor: number;
  const seen: unknown[] = [];
  const before = { ...axios.defaults };
  const { common } = axios.defaults.headers;
  const create = axios.create.bind(axios);
  beforeEach(async () => {
    seen.length = 0;
    axios.create = (given) => {
      const instance = create(given);
      instance.interceptors.request.use((config) => {
        seen.push(config.params);
        return config;
      });
      return instance;
    };
    const look = (value: unknown): unknown => (seen.push(value), value);
    axios.defaults.baseURL = 'http://127.0.0.1:9';
    axios.defaults.allowAbsoluteUrls = false;
    axios.defaults.auth = { username: 'application', password: 'secret' };
    axios.defaults.params = { own: 'parameter' };
    axios.defaults.paramsSerializer = { serialize: (given) => String(look(given)) };
    axios.defaults.timeout = 1;
    axios.defaults.transformRequest = [look];
    axios.defaults.headers.get['X-Get'] = 'of the application';
    interceptor = axios.interceptors.request.use((config) => {
      seen.push(config.params);
      return config;
    });
    axios.defaults.headers.common['X-Own'] = 'secret-of-the-application';
    world = await World.create();
    host = await world.start();
  });
  afterEach(async () => {
    axios.create = create;
    axios.interceptors.request.eject(interceptor);
    delete common['X-Own'];
    delete axios.defaults.headers.get['X-Get'];
    const defaults: object = axios.defaults;
    for (const key of Object.keys(defaults)) Reflect.deleteProperty(defaults, key);
    Object.assign(defaults, before);
    await world.end();
  });

  it('sees no tokens and changes no requests to Meveto', async () => {
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilJobs('applied');
    expect(seen).toEqual([]);
    const exchange = world.proxy.seen.find(({ path }) => path === '/api/client/user-for-token');
    expect(exchange?.headers).toHaveProperty('accept', 'application/json');
    expect(exchange?.headers).not.toHaveProperty('x-own');
    expect(exchange?.headers).not.toHaveProperty('x-get');
    expect(exchange?.headers).not.toHaveProperty('authorization');
    expect(exchange?.url).toMatch(/\?token=[^&]+$/);
  });
});
