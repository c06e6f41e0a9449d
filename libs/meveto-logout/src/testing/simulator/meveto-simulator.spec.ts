import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeClock } from '../fake-clock.js';
import { MevetoSimulator } from './meveto-simulator.js';
import type { MevetoSimulatorOptions } from './simulator-options.js';

const CLIENT = { clientId: 'shop', clientSecret: 'shop-secret' };

/** An application's webhook endpoint with scripted answers, then 200; `hang` never answers. */
class Receiver {
  readonly bodies: unknown[] = [];
  answers: (number | 'hang')[] = [];
  readonly #server: Server = createServer((request, response) => {
    const answer = this.answers.shift() ?? 200;
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      this.bodies.push(JSON.parse(body));
      if (answer !== 'hang') response.writeHead(answer, { location: '/elsewhere' }).end('thanks');
    });
  });

  async nextRequest(): Promise<void> {
    await once(this.#server, 'request');
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

describe('MevetoSimulator', () => {
  const receiver = { current: new Receiver() };
  let sim: MevetoSimulator;

  const start = async (options: MevetoSimulatorOptions): Promise<void> => {
    const origin = await receiver.current.start();
    const application = { ...CLIENT, name: 'Shop', webhookUrl: `${origin}/meveto/webhook`, homeUrl: origin };
    sim = new MevetoSimulator({ applications: [application], pendingPageSize: 2, ...options });
    await sim.start();
  };
  const getJson = async (path: string, headers: Record<string, string> = {}): Promise<unknown> =>
    (await fetch(`${sim.url}${path}`, { headers })).json();
  const basic = (id: string, secret: string): Record<string, string> => ({
    authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
  });

  beforeEach(() => {
    receiver.current = new Receiver();
  });
  afterEach(async () => {
    await sim.stop();
    await receiver.current.stop();
  });

  it('exchanges a user token once', async () => {
    await start({});
    const token = sim.issueUserToken('meveto-alice');
    const path = `/api/client/user-for-token?token=${token}`;
    expect(await getJson(path)).toEqual({
      status: 'Token_User_Retrieved',
      payload: { user: 'meveto-alice' },
    });
    expect(await getJson(path)).toMatchObject({ status: 'Invalid_User_Token', payload: null });
    expect(sim.exchanges).toMatchObject([
      { token, outcome: 'retrieved' },
      { token, outcome: 'invalid' },
    ]);
  });

  describe('webhook delivery', () => {
    it('is finished after the first 2xx', async () => {
      await start({});
      receiver.current.answers = [204];
      const delivery = await sim.logOut('meveto-alice', 'shop');
      expect(delivery).toMatchObject({ state: 'acknowledged', nextAttemptAt: undefined });
      expect(receiver.current.bodies).toEqual([{ type: 'User_Logged_Out', user_token: delivery.userToken }]);
      expect(sim.pendingWebhooks('shop')).toEqual([]);
    });

    it('is repeated with the same token, and stays pending until it is acknowledged', async () => {
      await start({ retryDelayMs: 1 });
      receiver.current.answers = [503, 302, 200];
      const delivery = await sim.removeProtection('meveto-bob', 'shop');
      expect(sim.pendingWebhooks('shop')).toEqual([delivery]);
      await delivery.settled;
      expect(delivery.attempts.map(({ answer }) => answer)).toEqual([
        { kind: 'status', status: 503 },
        { kind: 'status', status: 302 },
        { kind: 'status', status: 200 },
      ]);
      const body = { type: 'Meveto_Protection_Removed', user_token: delivery.userToken };
      expect(receiver.current.bodies).toEqual([body, body, body]);
      expect(sim.pendingWebhooks('shop')).toEqual([]);
      expect(sim.notices).toEqual([]);
    });

    it('notifies the owner when all attempts failed, and stays pending until the token is used', async () => {
      await start({ retryDelayMs: 1, deliveryTimeoutMs: 300 });
      receiver.current.answers = [500, 'hang', 404];
      const delivery = await sim.logOut('meveto-alice', 'shop');
      await delivery.settled;
      expect(delivery.state).toBe('failed');
      expect(delivery.attempts[1]?.answer).toEqual({ kind: 'error', reason: 'no answer within 300 ms' });
      expect(sim.notices.map(({ text }) => text)).toEqual([
        'To the owner of Shop: User_Logged_Out for Alice was not acknowledged in 3 attempts. The last answer was: HTTP 404.',
      ]);
      expect(sim.pendingWebhooks('shop')).toEqual([delivery]);
      await getJson(`/api/client/user-for-token?token=${delivery.userToken}`);
      expect(sim.pendingWebhooks('shop')).toEqual([]);
    });

    it('reports the reason when the application cannot be reached', async () => {
      await start({});
      await receiver.current.stop();
      const delivery = await sim.logOut('meveto-alice', 'shop');
      expect(delivery.attempts[0]?.answer).toEqual({ kind: 'error', reason: 'ECONNREFUSED' });
      await receiver.current.start();
    });

    it('is aborted by a stop, and continues after the next start', async () => {
      await start({ retryDelayMs: 1 });
      receiver.current.answers = ['hang'];
      const { url } = sim;
      const reached = receiver.current.nextRequest();
      const loggingOut = sim.logOut('meveto-alice', 'shop');
      await reached;
      await sim.stop();
      const delivery = await loggingOut;
      expect(delivery).toMatchObject({ state: 'delivering', attempts: [{ answer: { kind: 'error' } }] });
      await sim.start();
      await delivery.settled;
      expect(delivery.state).toBe('acknowledged');
      expect(sim.url).toBe(url);
    });

    it('waits less for the next attempt when time is sped up, also during a pause', async () => {
      await start({});
      receiver.current.answers = [500, 500];
      const delivery = await sim.logOut('meveto-alice', 'shop');
      sim.speed = 10_000;
      await delivery.settled;
      expect(delivery).toMatchObject({ state: 'acknowledged', attempts: { length: 3 } });
      expect(() => (sim.speed = 0.5)).toThrow(/^speed: got 0.5/);
    });

    it('is repeated after 60 s and after 120 s of the clock of a test, which take no time', async () => {
      const clock = new FakeClock();
      await start({ clock });
      receiver.current.answers = [500, 500];
      const delivery = await sim.logOut('meveto-alice', 'shop');
      await clock.advance(50_000);
      expect(delivery.attempts).toHaveLength(1);
      await clock.advance(10_000);
      expect(delivery).toMatchObject({ state: 'delivering', attempts: { length: 2 } });
      await clock.advance(120_000);
      expect(delivery).toMatchObject({ state: 'acknowledged', attempts: { length: 3 } });
      const [first = 0, second = 0, third = 0] = delivery.attempts.map(({ startedAt }) => startedAt);
      expect(second - first).toBeGreaterThanOrEqual(60_000);
      expect(third - second).toBeGreaterThanOrEqual(120_000);
    });

    it('leaves a webhook that is never sent on the list of pending webhooks', async () => {
      await start({ retryDelayMs: 1 });
      sim.faults.set({ webhook: { kind: 'never' } });
      const delivery = await sim.logOut('meveto-alice', 'shop');
      await delivery.settled;
      expect(receiver.current.bodies).toEqual([]);
      expect(sim.pendingWebhooks('shop')).toEqual([delivery]);
    });

    it('refuses an unknown application', async () => {
      await start({});
      await expect(sim.logOut('meveto-alice', 'nobody')).rejects.toThrow(/addApplication/);
    });

    it('does not print the token', async () => {
      await start({});
      const delivery = await sim.logOut('meveto-alice', 'shop');
      expect(JSON.stringify(delivery)).not.toContain(delivery.userToken);
    });
  });

  describe('list of pending webhooks', () => {
    const path = '/api/client/webhooks/pending';

    it('is refused without the right client secret', async () => {
      await start({});
      for (const headers of [{}, basic('shop', 'wrong'), basic('other', 'shop-secret')]) {
        const response = await fetch(`${sim.url}${path}`, { headers });
        expect(response.status).toBe(401);
        expect(response.headers.get('www-authenticate')).toMatch(/^Basic/);
      }
    });

    it('is divided into pages', async () => {
      await start({});
      receiver.current.answers = [500, 500, 500, 500, 500];
      const ids: string[] = [];
      for (let count = 0; count < 5; count += 1) ids.push((await sim.logOut('meveto-bob', 'shop')).id);
      const listed: unknown[] = [];
      let cursor: string | null = '0';
      while (cursor !== null) {
        const answer = (await getJson(`${path}?cursor=${cursor}`, basic('shop', 'shop-secret'))) as {
          status: string;
          payload: { webhooks: { id: string }[]; next: string | null };
        };
        expect(answer.status).toBe('Pending_Webhooks_Retrieved');
        expect(answer.payload.webhooks.length).toBeLessThanOrEqual(2);
        listed.push(...answer.payload.webhooks.map(({ id }) => id));
        cursor = answer.payload.next;
      }
      expect(listed).toEqual(ids);
    });

    it('contains type, token and time of each webhook', async () => {
      await start({});
      receiver.current.answers = [500];
      const { id, type, userToken, createdAt } = await sim.logOut('meveto-bob', 'shop');
      const listed = { id, type, user_token: userToken, created_at: new Date(createdAt).toISOString() };
      expect(await getJson(path, basic('shop', 'shop-secret'))).toEqual({
        status: 'Pending_Webhooks_Retrieved',
        payload: { webhooks: [listed], next: null },
      });
    });

    it('refuses an unknown cursor', async () => {
      await start({});
      const response = await fetch(`${sim.url}${path}?cursor=x`, { headers: basic('shop', 'shop-secret') });
      expect(response.status).toBe(400);
    });
  });

  it('refuses all options that are out of bounds at once', async () => {
    await start({});
    expect(() => new MevetoSimulator({ retryDelayMs: 0, attemptCount: 1.5 })).toThrow(
      'The Meveto simulator cannot start:\nretryDelayMs: got 0, expected an integer from 1 to 3600000\nattemptCount: got 1.5',
    );
  });
});
