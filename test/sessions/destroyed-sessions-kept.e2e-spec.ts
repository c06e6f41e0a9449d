import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import session from 'express-session';
import { expressSession } from 'nestjs-meveto-logout';
import type { HostApp } from '../support/hosts/http-adapters.js';
import { World } from '../support/world.js';

interface Layer {
  readonly name: string;
  handle: unknown;
}

/** Runs this middleware in the place of the application's own express-session. */
function replaceSession(app: HostApp, middleware: unknown): void {
  const { router } = app.getHttpAdapter().getInstance() as { router: { stack: Layer[] } };
  const layer = router.stack.find(({ name }) => name === 'session');
  if (layer === undefined) throw new Error('The application has no express-session.');
  layer.handle = middleware;
}

describe("endedSessions: 'keep' with express-session's unset: 'destroy'", () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(() => world.end());

  it.each([
    { resave: false, saveUninitialized: false },
    { resave: true, saveUninitialized: true },
  ])('keeps the session through pages, the login page and scripts: %j', async (options) => {
    const store = new session.MemoryStore();
    const middleware = session({
      secret: 'secret-of-the-kept-sessions',
      store,
      name: 'kept.sid',
      unset: 'destroy',
      rolling: true,
      ...options,
    });
    const host = await world.start({
      adapter: 'express',
      options: { session: expressSession({ middleware, endedSessions: 'keep' }) },
      configure: (app) => {
        replaceSession(app, middleware);
      },
    });
    const storedUsers = () =>
      new Promise<unknown[]>((resolve) => {
        store.all((_error, sessions) => {
          const users = Object.values(sessions ?? {}).map((stored) => (stored as { userId?: number }).userId);
          resolve(users.filter((userId) => userId !== undefined));
        });
      });
    const cookie = await host.login();
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilJobs('applied');

    expect((await host.navigate('/page', cookie)).status).toBe(303);
    expect(await storedUsers()).toEqual([1]);
    await host.navigate('/login', cookie);
    expect(await storedUsers()).toEqual([1]);
    const script = await host.get('/api', { cookie });
    expect([script.status, await script.json()]).toEqual([
      401,
      expect.objectContaining({ reason: 'logged-out' }),
    ]);
    expect(await storedUsers()).toEqual([1]);

    const again = await host.post('/login', { userId: 1 }, { cookie });
    const fresh = again.headers.getSetCookie().join().split(';', 1)[0] ?? '';
    expect((await host.get('/api', { cookie: fresh })).status).toBe(200);
  });
});
