import { MevetoSimulator } from 'nestjs-meveto-logout/testing';
import { createTestDatabase, type TestDatabase } from '../database.js';
import { DemoProcess } from './demo-process.js';
import { LiveSocket } from '../live/live-socket.js';

const CLIENT = {
  MEVETO_CLIENT_ID: 'cluster-client',
  MEVETO_CLIENT_SECRET: 'cluster-client-secret-0123456789',
};
const PERSON = { email: 'alice@example.com', password: 'alice-demo-password', mevetoId: 'meveto-alice' };

/** Processes of the demo on one database, and one Meveto for all of them. */
export class Replicas {
  readonly running: DemoProcess[] = [];
  readonly #stopped: DemoProcess[] = [];
  readonly #sockets: LiveSocket[] = [];

  private constructor(
    readonly database: TestDatabase,
    private readonly meveto: MevetoSimulator,
    private readonly env: Record<string, string>,
  ) {}

  static async open(env: Record<string, string>): Promise<Replicas> {
    const database = await createTestDatabase();
    const meveto = new MevetoSimulator({
      applications: [
        {
          clientId: CLIENT.MEVETO_CLIENT_ID,
          clientSecret: CLIENT.MEVETO_CLIENT_SECRET,
          name: 'Replicas',
          webhookUrl: 'http://127.0.0.1:9/meveto/webhook',
          homeUrl: 'http://127.0.0.1:9/',
        },
      ],
    });
    await meveto.start();
    return new Replicas(database, meveto, env);
  }

  /** Starts another replica. */
  async start(): Promise<DemoProcess> {
    const { connection } = this.database;
    if (!('url' in connection)) throw new Error('Name a database server.');
    const replica = await DemoProcess.start({
      ...CLIENT,
      MEVETO_API_URL: this.meveto.url,
      MEVETO_DASHBOARD_URL: this.meveto.url,
      DATABASE_URL: connection.url,
      ...this.env,
    });
    this.running.push(replica);
    return replica;
  }

  /** Ends a replica like a power failure. */
  async kill(replica: DemoProcess): Promise<void> {
    this.running.splice(this.running.indexOf(replica), 1);
    this.#stopped.push(replica);
    await replica.kill();
  }

  /** Logs the test's user in at any replica. Returns an access token that all replicas accept. */
  async logIn(replica: DemoProcess): Promise<string> {
    const response = await post(`${replica.url}/api/tokens`, {
      email: PERSON.email,
      password: PERSON.password,
    });
    if (response.status >= 300)
      throw new Error(`no token: ${String(response.status)} ${await response.text()}`);
    return ((await response.json()) as { access_token: string }).access_token;
  }

  /** Sends Meveto's webhook for a logout of the test's user to this replica. */
  async logOut(replica: DemoProcess): Promise<void> {
    const response = await post(`${replica.url}/meveto/webhook`, {
      type: 'User_Logged_Out',
      user_token: this.meveto.issueUserToken(PERSON.mevetoId),
    });
    if (response.status >= 300) throw new Error(`not accepted: ${String(response.status)}`);
  }

  openSocket(replica: DemoProcess, token: string): LiveSocket {
    const socket = new LiveSocket(replica.url, { token });
    this.#sockets.push(socket);
    return socket;
  }

  /** Resolves with the time (of `performance.now()`) at which this replica first refused the token. */
  async refusedAt(replica: DemoProcess, token: string, timeoutMs = 5_000): Promise<number> {
    const giveUpAt = performance.now() + timeoutMs;
    for (;;) {
      const askedAt = performance.now();
      const response = await fetch(`${replica.url}/api/profile`, {
        headers: { authorization: `Bearer ${token}` },
      });
      const { reason } = (await response.json()) as { reason?: string };
      if (response.status === 401 && reason === 'logged-out') return askedAt;
      if (askedAt > giveUpAt)
        throw new Error(`not refused within ${String(timeoutMs)} ms: ${String(response.status)}`);
    }
  }

  async end(): Promise<void> {
    for (const socket of this.#sockets) socket.close();
    await Promise.all([...this.running, ...this.#stopped].map((replica) => replica.stop()));
    await this.meveto.stop();
    await this.database.drop();
  }
}

const post = (url: string, body: object): Promise<Response> =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
