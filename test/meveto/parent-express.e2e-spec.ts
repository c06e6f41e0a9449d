import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import express, { type RequestHandler, Router } from 'express';
import type { HostOptions } from '../support/hosts/host-app.js';
import { type HostClient, World } from '../support/world.js';

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

/** Nest's Express application below a path of another Express application. */
describe('an application below a path of a parent application', () => {
  let world: World;
  let host: HostClient;
  const servers: Server[] = [];
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
    await world.end();
  });

  /** Starts the parent with the application mounted by `mount`. Returns the URL of the parent. */
  async function parentOf(
    mount: (parent: express.Express, application: express.Express) => unknown,
    options: Partial<HostOptions> = {},
  ): Promise<string> {
    host = await world.start({ adapter: 'express', ...options });
    const parent = express();
    mount(parent, host.app.getHttpAdapter().getInstance() as express.Express);
    const server = parent.listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  }

  const send = (
    url: string,
    body: string | Buffer = JSON.stringify({
      type: 'User_Logged_Out',
      user_token: world.meveto.issueUserToken('m-1'),
    }),
    headers: Record<string, string> = {},
  ): Promise<Response> =>
    fetch(url, { method: 'POST', headers: { 'content-type': JSON_TYPE, ...headers }, body });
  const statusesOf = async (url: string, paths: readonly string[]): Promise<unknown> =>
    Object.fromEntries(
      await Promise.all(paths.map(async (path) => [path, (await send(url + path)).status] as const)),
    );

  it('serves its webhook below that path only', async () => {
    const url = await parentOf((parent, application) => parent.use('/app', application));
    expect((await send(`${url}/app/meveto/webhook`)).status).toBe(202);
    // Express treats this as the same path.
    expect((await send(`${url}/APP/meveto/webhook?x=1`)).status).toBe(202);
    await host.untilJobs('applied', 2);
    const others = [
      '/meveto/webhook',
      '/other/meveto/webhook',
      '/app/x/meveto/webhook',
      '/app/app/meveto/webhook',
      '/app/meveto/webhook/',
      '/app/meveto/webhook/more',
      '/app//meveto/webhook',
      '/app/Meveto/Webhook',
      '/appmeveto/webhook',
    ];
    expect(await statusesOf(url, others)).toEqual(Object.fromEntries(others.map((path) => [path, 404])));
    expect((await host.states()).applied).toBe(2);
  });

  it.each<[string, (parent: express.Express, application: express.Express) => unknown, string]>([
    ['a path with a trailing slash', (parent, application) => parent.use('/app/', application), '/app'],
    ['the root', (parent, application) => parent.use('/', application), ''],
    ['no path', (parent, application) => parent.use(application), ''],
    ['a path with a parameter', (parent, application) => parent.use('/t/:id', application), '/t/5'],
    [
      'nested routers',
      (parent, application) => parent.use('/a', Router().use('/b/', Router().use('/meveto', application))),
      '/a/b/meveto',
    ],
    [
      'nested applications',
      (parent, application) => parent.use('/a', express().use('/b', application)),
      '/a/b',
    ],
  ])('serves its webhook below %s', async (_what, mount, path) => {
    const url = await parentOf(mount);
    expect((await send(`${url}${path}/meveto/webhook`)).status).toBe(202);
    await host.untilJobs('applied');
    expect((await send(`${url}${path}/x/meveto/webhook`)).status).toBe(404);
  });

  it('keeps its global prefix and its secret path', async () => {
    const secretPath = 'a-secret-of-thirty-characters-1';
    const url = await parentOf((parent, application) => parent.use('/app', application), {
      configure: (app) => app.setGlobalPrefix('api'),
      options: { webhook: { secretPath } },
    });
    const right = `/app/api/meveto/webhook/${secretPath}`;
    expect(
      await statusesOf(url, [right, '/app/api/meveto/webhook', `/api/meveto/webhook/${secretPath}`]),
    ).toEqual({
      [right]: 202,
      '/app/api/meveto/webhook': 404,
      [`/api/meveto/webhook/${secretPath}`]: 404,
    });
  });

  describe.each<[string, RequestHandler]>([
    ['bytes', express.raw({ type: () => true })],
    ['text', express.text({ type: () => true })],
    [
      'parsed JSON or form',
      (request, response, next) => {
        express.json()(request, response, (error) => {
          if (error !== undefined) next(error);
          else express.urlencoded()(request, response, next);
        });
      },
    ],
  ])('with a parent that reads bodies as %s', (form, parser) => {
    let url: string;
    beforeEach(async () => {
      const root = await parentOf((parent, application) => parent.use(parser).use('/app', application));
      url = `${root}/app/meveto/webhook`;
    });

    it('accepts webhooks', async () => {
      expect((await send(url)).status).toBe(202);
      const token = world.meveto.issueUserToken('m-1');
      const fields = new URLSearchParams({ type: 'User_Logged_Out', user_token: token });
      expect((await send(url, fields.toString(), { 'content-type': FORM_TYPE })).status).toBe(202);
      await host.untilJobs('applied', 2);
    });

    it('refuses other requests', async () => {
      expect((await send(url, '{"type":"User_Logged_Out"}')).status).toBe(400);
      expect((await send(url, 'type=User_Logged_Out', { 'content-type': FORM_TYPE })).status).toBe(400);
      if (form === 'parsed JSON or form') return;
      const statuses = await Promise.all([
        send(url, `{"x":"${'x'.repeat(9_000)}"}`),
        send(url, undefined, { 'content-type': 'text/plain' }),
        send(url, '{"type":'),
      ]);
      expect(statuses.map(({ status }) => status)).toEqual([413, 415, 400]);
    });
  });
});
