import { type IncomingHttpHeaders, request } from 'node:http';
import { MevetoLogoutService, type JobState } from 'nestjs-meveto-logout';
import { MevetoSimulator } from 'nestjs-meveto-logout/testing';
import { createTestDatabase, type TestDatabase } from './database.js';
import { FaultProxy } from './network/fault-proxy.js';
import { CLIENT_ID, CLIENT_SECRET, type HostOptions, startHost, urlOf } from './hosts/host-app.js';
import type { HostApp } from './hosts/http-adapters.js';
import { until } from './until.js';

/** Meveto's simulator, a proxy that breaks it on demand, a database, and applications. */
export class World {
  readonly #apps: HostApp[] = [];

  private constructor(
    readonly meveto: MevetoSimulator,
    readonly proxy: FaultProxy,
    readonly database: TestDatabase,
  ) {}

  static async create(): Promise<World> {
    const database = await createTestDatabase();
    const meveto = new MevetoSimulator({
      applications: [
        {
          clientId: CLIENT_ID,
          clientSecret: CLIENT_SECRET,
          name: 'Test host',
          webhookUrl: 'http://127.0.0.1:9/meveto/webhook',
          homeUrl: 'http://127.0.0.1:9/',
        },
      ],
      retryDelayMs: 200,
    });
    await meveto.start();
    return new World(meveto, await FaultProxy.start(meveto.url), database);
  }

  async start(host: Partial<HostOptions> = {}): Promise<HostClient> {
    const app = await startHost({ connection: this.database.connection, mevetoUrl: this.proxy.url, ...host });
    this.#apps.push(app);
    const url = await urlOf(app);
    this.meveto.addApplication({
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      name: 'Test host',
      webhookUrl: `${url}/meveto/webhook`,
      homeUrl: url,
    });
    return new HostClient(app, url);
  }

  /** Stops one application as on SIGTERM. */
  async stop(client: HostClient): Promise<void> {
    this.#apps.splice(this.#apps.indexOf(client.app), 1);
    await client.app.close();
  }

  async end(): Promise<void> {
    await Promise.all(this.#apps.map((app) => app.close()));
    await this.proxy.stop();
    await this.meveto.stop();
    await this.database.drop();
  }
}

/** Sends requests to one application as browsers, API clients and Meveto do. */
export class HostClient {
  readonly service: MevetoLogoutService;

  constructor(
    readonly app: HostApp,
    readonly url: string,
  ) {
    this.service = app.get(MevetoLogoutService);
  }

  /** Logs in and returns the session's cookie. */
  async login(userId = 1, authenticatedAt?: number): Promise<string> {
    const response = await this.post('/login', { userId, authenticatedAt });
    if (response.status !== 200)
      throw new Error(`login: ${String(response.status)} ${await response.text()}`);
    return (response.headers.getSetCookie()[0] ?? '').split(';', 1)[0] ?? '';
  }

  async token(userId = 1): Promise<string> {
    const response = await this.post('/tokens', { userId });
    return ((await response.json()) as { token: string }).token;
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.url + path, { headers, redirect: 'manual' });
  }

  /** Opens a page as a browser does: fetch() would send the headers of a script. */
  navigate(path: string, cookie: string): Promise<{ status: number; headers: IncomingHttpHeaders }> {
    return new Promise((resolve, reject) => {
      const headers = { accept: 'text/html,*/*;q=0.8', 'sec-fetch-mode': 'navigate', cookie };
      request(this.url + path, { headers }, (response) => {
        response.resume().on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers });
        });
      })
        .on('error', reject)
        .end();
    });
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      redirect: 'manual',
    });
  }

  webhook(user_token: string, type = 'User_Logged_Out'): Promise<Response> {
    return this.post('/meveto/webhook', { type, user_token });
  }

  async states(): Promise<Readonly<Record<JobState, number>>> {
    return (await this.service.status()).calls;
  }

  /** Waits until this many jobs are in this final state. */
  untilJobs(state: JobState, count = 1, timeoutMs?: number): Promise<boolean> {
    return until(
      `${String(count)} jobs ${state}`,
      async () => (await this.states())[state] === count,
      timeoutMs,
    );
  }
}
