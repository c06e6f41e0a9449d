import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { databaseKind } from '../support/database.js';
import { AccessToken, User } from '../support/hosts/host-app.js';
import { World } from '../support/world.js';

const PAGE = { accept: 'text/html' };

describe.each(['forRoot', 'forRootAsync'] as const)(`one logout, by %s on ${databaseKind}`, (how) => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(() => world.end());

  it('ends sessions and tokens that began before, and no later ones', async () => {
    const host = await world.start({ how });
    const before = await host.login();
    const token = await host.token();
    expect((await host.get('/page', { cookie: before })).status).toBe(200);

    const delivery = await world.meveto.logOut('m-1', 'test-client');
    expect(delivery.state).toBe('acknowledged');
    await host.untilJobs('applied');

    expect((await host.get('/api', { authorization: `Bearer ${token}` })).status).toBe(401);
    expect((await host.get('/api', { cookie: before })).status).toBe(401);
    const after = await host.login();
    expect((await host.get('/api', { cookie: after })).status).toBe(200);
    expect((await host.get('/api', { cookie: before })).status).toBe(401);
  });

  it('sends a browser to the login page, clears its cookie and destroys its session', async () => {
    const host = await world.start({ how });
    const cookie = await host.login();
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilJobs('applied');

    const refused = await host.navigate('/page', cookie);
    expect(refused.status).toBe(303);
    expect(refused.headers.location).toBe('/login');
    expect(refused.headers['cache-control']).toBe('no-store');
    expect(refused.headers['set-cookie']).toEqual([
      expect.stringMatching(/^host\.sid=; Path=\/; Expires=.*1970.*Max-Age=0; HttpOnly$/),
    ]);
    // The session is destroyed: the host itself refuses it.
    expect((await host.navigate('/page', cookie)).status).toBe(401);
  });

  it('answers an API client with the reason, as JSON with WWW-Authenticate', async () => {
    const host = await world.start({ how });
    const token = await host.token();
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilJobs('applied');

    const refused = await host.get('/api', { authorization: `Bearer ${token}`, ...PAGE });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toBe('Bearer');
    expect(await refused.json()).toEqual({
      statusCode: 401,
      code: 'logged-out',
      reason: 'logged-out',
      cause: 'meveto',
      message: expect.stringContaining('Meveto'),
    });
  });

  it('records the logout on the user and revokes stored tokens, in one transaction', async () => {
    const host = await world.start({ how });
    await host.token();
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilJobs('applied');

    const dataSource = host.app.get(DataSource);
    const user = await dataSource.getRepository(User).findOneByOrFail({ id: 1 });
    const [token] = await dataSource.getRepository(AccessToken).find();
    expect(user.lastLoggedOut).toBeGreaterThanOrEqual(user.lastLoggedIn ?? Infinity);
    expect(token?.revokedAt).toBeGreaterThanOrEqual(user.lastLoggedOut ?? Infinity);
  });
});
