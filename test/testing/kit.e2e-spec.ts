import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { MevetoLogoutModule, MevetoLogoutService, requestUser, SessionReader } from 'nestjs-meveto-logout';
import {
  createMevetoLogoutTesting,
  memoryStore,
  type MevetoLogoutTesting,
  type MevetoLogoutTestingOptions,
} from 'nestjs-meveto-logout/testing';
import { until } from '../support/until.js';
import { AppModule } from './app.module.js';

const ALICE = { id: 1, mevetoId: 'meveto-alice' };
const MONTH_MS = 31 * 24 * 3_600_000;

describe('the test kit', () => {
  let meveto: MevetoLogoutTesting;
  let apps: INestApplication[];
  beforeEach(() => {
    apps = [];
  });
  afterEach(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await meveto.close();
  });

  const create = async (options: MevetoLogoutTestingOptions = { users: [ALICE] }): Promise<void> => {
    meveto = await createMevetoLogoutTesting(options);
  };
  const start = async (module: unknown = AppModule): Promise<INestApplication> => {
    const builder = Test.createTestingModule({ imports: [module as typeof AppModule] });
    const app = (await meveto.useIn(builder).compile()).createNestApplication({ logger: false });
    apps.push(app);
    return app.init();
  };
  const logIn = async (app: INestApplication): Promise<{ readonly cookie: readonly string[] }> => {
    await app.listen(0, '127.0.0.1');
    const response = await fetch(`${await app.getUrl()}/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ userId: '1' }),
    });
    return { cookie: response.headers.getSetCookie() };
  };
  const jobs = async (app: INestApplication) => (await app.get(MevetoLogoutService).status()).calls;

  it('delivers to an application that does not listen, also on Fastify', async () => {
    await create();
    const module = MevetoLogoutModule.forRoot({
      clientId: 'own',
      clientSecret: 'own-secret-of-the-application',
      store: memoryStore(),
      session: requestUser(),
    });
    const builder = meveto.useIn(Test.createTestingModule({ imports: [module] }));
    const app = (await builder.compile()).createNestApplication(new FastifyAdapter(), { logger: false });
    apps.push(app);
    await app.init();
    await meveto.logOut(ALICE);
    expect(await jobs(app)).toMatchObject({ applied: 1 });
  });

  it('clears the Meveto ID when protection is removed', async () => {
    await create();
    await start();
    await meveto.removeProtection(ALICE);
    expect(await meveto.store.user(1)).toMatchObject({ mevetoId: null });
  });

  it('repeats an exchange that fails, without the pause after it', async () => {
    await create();
    const app = await start();
    meveto.simulator.faults.set({ exchange: { kind: 'status', status: 500, count: 2 } });
    await meveto.logOut(ALICE);
    expect(meveto.simulator.faults.strikes('exchange')).toBe(2);
    expect(await jobs(app)).toMatchObject({ applied: 1, pending: 0 });
  });

  it('moves the time of the module and of its store', async () => {
    await create();
    const { cookie } = await logIn(await start());
    await meveto.signedIn(ALICE, { path: '/profile', cookie });
    await meveto.clock.advance(MONTH_MS);
    await meveto.expectLoggedOut(ALICE).everywhere();
  });

  it('keeps the store of the application', async () => {
    await create({ keepStore: true });
    const store = memoryStore({ users: [ALICE], clock: meveto.clock });
    await start(
      MevetoLogoutModule.forRoot({
        clientId: 'own',
        clientSecret: 'own-secret-of-the-application',
        store,
        session: requestUser(),
      }),
    );
    await meveto.logOut(ALICE);
    expect((await store.user(1))?.lastLoggedOut).toEqual(expect.any(Number));
  });

  it('serves several replicas', async () => {
    await create();
    const first = await start();
    const { cookie } = await logIn(first);
    await start();
    await meveto.signedIn(ALICE, { path: '/profile', cookie });
    await meveto.logOut(ALICE);
    await meveto.expectLoggedOut(ALICE).everywhere();
    const headers = { cookie: cookie.map((line) => line.split(';', 1)[0]).join('; ') };
    const url = `${await first.getUrl()}/profile`;
    await until(
      'the first replica knows the logout',
      async () => (await fetch(url, { headers })).status === 401,
    );
  });

  it('checks the options of the application', async () => {
    await create();
    class Reader extends SessionReader {
      read = () => undefined;
    }
    const options = {
      clientId: '',
      clientSecret: '',
      store: memoryStore(),
      session: new Reader(),
      unheard: 1,
    };
    await expect(start(MevetoLogoutModule.forRoot(options))).rejects.toThrow('unheard');
  });

  describe('says what to do', () => {
    it('without an application', async () => {
      await create();
      await expect(meveto.logOut(ALICE)).rejects.toThrow(/^No application uses this kit\. Compile one/);
    });

    it('without an HTTP server', async () => {
      await create();
      await meveto.useIn(Test.createTestingModule({ imports: [AppModule] })).compile();
      await expect(meveto.logOut(ALICE)).rejects.toThrow(
        /^The application has no HTTP server yet\. Call create/,
      );
    });

    it('before the application is initialised', async () => {
      await create();
      const builder = meveto.useIn(Test.createTestingModule({ imports: [AppModule] }));
      apps.push((await builder.compile()).createNestApplication({ logger: false }));
      await expect(meveto.logOut(ALICE)).rejects.toThrow(
        /did not acknowledge .* in 3 attempts: .*call app\.init\(\)/,
      );
    });

    it('for a Meveto ID that no user has', async () => {
      await create();
      await start();
      await expect(meveto.logOut({ id: 2, mevetoId: 'meveto-bob' })).rejects.toThrow(
        'No user has the Meveto ID "meveto-bob". Add it to the user "2" in the store',
      );
    });

    it('for an outcome that is not a logout', async () => {
      await create();
      await start();
      meveto.simulator.faults.set({ exchange: { kind: 'lost-answer', count: 1 } });
      await expect(meveto.logOut(ALICE)).rejects.toThrow(/^The webhook ended as ambiguous/);
    });

    it('for a user of whom nothing is known', async () => {
      await create();
      await start();
      await expect(meveto.expectLoggedOut(ALICE).everywhere()).rejects.toThrow(
        /^Nothing is known of user "1"\. Tell the kit/,
      );
    });

    it('when a user is not signed in before the logout', async () => {
      await create();
      await start();
      await expect(meveto.signedIn(ALICE, { path: '/nowhere', cookie: 'a=b' })).rejects.toThrow(
        'signedIn, user "1": GET /nowhere with the cookie answered 404, expected 2xx',
      );
      await expect(meveto.signedIn(ALICE, { socket: { readyState: 3 } })).rejects.toThrow(
        'socket is not open',
      );
    }, 20_000);

    it('for each way in which a user is still signed in', async () => {
      await create();
      await start();
      await meveto.signedIn(ALICE, { path: '/open', bearer: 'any' });
      await meveto.signedIn(ALICE, { socket: { connected: true } });
      await meveto.logOut(ALICE);
      await expect(meveto.expectLoggedOut(ALICE).everywhere()).rejects.toThrow(
        /^User "1" is not logged out everywhere:\n- GET \/open with the access token answered 200, .*\n- The socket is still open\./,
      );
      await meveto.expectSignedIn(ALICE).everywhere();
    }, 20_000);
  });
});
