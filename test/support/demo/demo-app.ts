import type { NestExpressApplication } from '@nestjs/platform-express';
import { MevetoLogoutService } from 'nestjs-meveto-logout';
import { MevetoSimulator } from 'nestjs-meveto-logout/testing';
import { readDemoConfig } from '../../../apps/demo/src/config/demo-config.js';
import { createDemo } from '../../../apps/demo/src/startup/create-demo.js';
import { createTestDatabase, type TestDatabase } from '../database.js';
import { freePort } from '../network/free-port.js';
import { until } from '../until.js';

const CLIENT = { clientId: 'demo-client', clientSecret: 'a-secret-of-the-demo-tests-only' };

/** The demo in this process, on its own database, with a Meveto that the test controls. */
export class DemoApp {
  private constructor(
    readonly app: NestExpressApplication,
    readonly meveto: MevetoSimulator,
    readonly url: string,
    private readonly database: TestDatabase,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<DemoApp> {
    const database = await createTestDatabase();
    const port = await freePort();
    const url = `http://127.0.0.1:${String(port)}`;
    const meveto = new MevetoSimulator({
      applications: [
        { ...CLIENT, name: 'Meveto demo', webhookUrl: `${url}/meveto/webhook`, homeUrl: `${url}/` },
      ],
    });
    await meveto.start();
    const config = readDemoConfig({
      PORT: String(port),
      DATABASE_URL: database.url,
      MEVETO_API_URL: meveto.url,
      MEVETO_CLIENT_ID: CLIENT.clientId,
      MEVETO_CLIENT_SECRET: CLIENT.clientSecret,
      ...env,
    });
    const app = await createDemo(config);
    await app.listen(port, '127.0.0.1');
    return new DemoApp(app, meveto, url, database);
  }

  /** A new browser, logged in with the password of this user. */
  async loggedIn(name: string): Promise<DemoBrowser> {
    const browser = this.browser();
    const response = await browser.post('/login', credentialsOf(name));
    if (response.status !== 303) throw new Error(`login as ${name}: ${String(response.status)}`);
    return browser;
  }

  browser(): DemoBrowser {
    return new DemoBrowser(this.url);
  }

  async token(name: string): Promise<string> {
    const response = await fetch(`${this.url}/api/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'tests/1.0' },
      body: JSON.stringify(credentialsOf(name)),
    });
    return ((await response.json()) as { access_token: string }).access_token;
  }

  /** Logs the user out on Meveto's dashboard, and waits until the demo has applied the logout. */
  async logOut(name: string): Promise<void> {
    const service = this.app.get(MevetoLogoutService);
    const before = (await service.status()).calls;
    await this.meveto.logOut(`meveto-${name}`, CLIENT.clientId);
    await until('the logout is applied', async () => {
      const { calls } = await service.status();
      return calls.applied + calls.unknown_user > before.applied + before.unknown_user;
    });
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.meveto.stop();
    await this.database.drop();
  }
}

export const credentialsOf = (name: string) => ({
  email: `${name}@example.com`,
  password: `${name}-demo-password`,
});

/** A client that keeps cookies and follows no redirects. */
export class DemoBrowser {
  readonly cookies = new Map<string, string>();

  constructor(readonly url: string) {}

  get cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return this.#send(path, { headers });
  }

  /** Sends a form as a page of the demo does. */
  async post(
    path: string,
    form: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return this.#send(path, {
      method: 'POST',
      headers: { origin: this.url, ...headers },
      body: new URLSearchParams(form),
    });
  }

  /** Logs in at Meveto as this person. Returns the path of the redirect back to the demo. */
  async authorizeAt(meveto: MevetoSimulator, mevetoId: string): Promise<string> {
    const start = await this.get('/meveto/login');
    const asked = await fetch(start.headers.get('location') ?? '', {
      headers: { cookie: `meveto_simulator_person=${mevetoId}` },
      redirect: 'manual',
    });
    const back = new URL(asked.headers.get('location') ?? '', meveto.url);
    return back.pathname + back.search;
  }

  /** The whole login with Meveto; returns the demo's last answer. */
  async loginWithMeveto(meveto: MevetoSimulator, mevetoId: string): Promise<Response> {
    return this.get(await this.authorizeAt(meveto, mevetoId));
  }

  async #send(
    path: string,
    init: Omit<RequestInit, 'headers'> & { readonly headers: Record<string, string> },
  ): Promise<Response> {
    const response = await fetch(this.url + path, {
      ...init,
      headers: {
        accept: 'text/html',
        'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
        cookie: this.cookie,
        ...init.headers,
      },
      redirect: 'manual',
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';', 1);
      const [name = '', value = ''] = pair.split('=', 2);
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }
}
