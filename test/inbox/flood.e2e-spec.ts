import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { databaseKind } from '../support/database.js';
import { type HostClient, World } from '../support/world.js';
import { letTimePass, staysTrue, until } from '../support/until.js';

const EXCHANGE = '/api/client/user-for-token';
const MEVETO = '127.0.0.2';

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly tookMs: number;
}

describe(`a flood of forged webhooks on ${databaseKind}`, () => {
  let world: World;
  let host: HostClient;
  const users = Array.from({ length: 10 }, (_, index) => ({
    id: index + 1,
    mevetoId: `m-${String(index + 1)}`,
  }));
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(() => world.end());

  /** Sends a webhook from one of this machine's own addresses. */
  const callFrom = (localAddress: string, user_token: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify({ type: 'User_Logged_Out', user_token });
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const startedAt = performance.now();
      request(
        `${host.url}/meveto/webhook`,
        { method: 'POST', localAddress, headers, agent: false },
        (response) => {
          response.resume().on('end', () => {
            const tookMs = performance.now() - startedAt;
            resolve({
              status: response.statusCode ?? 0,
              retryAfter: response.headers['retry-after'],
              tookMs,
            });
          });
        },
      )
        .on('error', reject)
        .end(body);
    });

  /** Sends `count` forged webhooks, evenly over `seconds`, from many addresses. */
  async function flood(count: number, seconds: number): Promise<Answer[]> {
    const answers: Promise<Answer>[] = [];
    const startedAt = performance.now();
    for (let sent = 0; sent < count; sent += 1) {
      const dueAt = startedAt + (sent / count) * seconds * 1_000;
      if (performance.now() < dueAt) await letTimePass(dueAt - performance.now());
      answers.push(
        callFrom(`127.0.${String(1 + (sent % 200))}.${String(1 + (sent % 250))}`, `forged-${String(sent)}`),
      );
    }
    return Promise.all(answers);
  }

  it('does not delay real webhooks of a known sender, and stays within the budget', async () => {
    host = await world.start({ users, options: { inbox: { perSecond: 40 } } });
    const applied: number[] = [];
    host.service.logouts$.subscribe(() => applied.push(performance.now()));
    await callFrom(MEVETO, world.meveto.issueUserToken('m-1'));
    await host.untilJobs('applied', 1);
    const before = world.proxy.count(EXCHANGE);

    const startedAt = performance.now();
    const flooding = flood(800, 4);
    const delays: number[] = [];
    for (const { mevetoId } of users.slice(1)) {
      await letTimePass(400);
      const answer = await callFrom(MEVETO, world.meveto.issueUserToken(mevetoId));
      expect(answer.status).toBe(202);
      const acknowledgedAt = performance.now();
      await until('the logout', () => applied.length === delays.length + 2, 4_000);
      delays.push(Math.max(0, (applied.at(-1) ?? Infinity) - acknowledgedAt));
    }
    const forged = await flooding;
    expect(forged.every(({ status }) => status === 202)).toBe(true);
    expect(delays.sort((a, b) => a - b)[4]).toBeLessThan(2_000);
    // A full bucket at once, then the rate.
    const seconds = (performance.now() - startedAt) / 1_000;
    expect(world.proxy.count(EXCHANGE) - before).toBeLessThanOrEqual(40 + 40 * seconds);
  }, 30_000);

  it('fills only its own priority: unknown senders get Retry-After, known senders are accepted', async () => {
    host = await world.start({ users, options: { inbox: { perSecond: 5, maxWaitingPerPriority: 100 } } });
    await callFrom(MEVETO, world.meveto.issueUserToken('m-1'));
    await host.untilJobs('applied', 1);
    const forged = await flood(400, 1);
    const refused = forged.filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThan(100);
    expect(new Set(refused.map(({ retryAfter }) => retryAfter))).toEqual(new Set(['60']));
    const lastTaken = forged.findLastIndex(({ status }) => status === 202);
    const again = (token: string) =>
      Promise.all(Array.from({ length: 30 }, () => callFrom('127.0.0.9', token)));
    const statuses = async (token: string) => new Set((await again(token)).map(({ status }) => status));
    expect(await statuses('another')).toContain(503);
    expect(await statuses(`forged-${String(lastTaken)}`)).toEqual(new Set([202]));
    expect((await callFrom(MEVETO, world.meveto.issueUserToken('m-2'))).status).toBe(202);
    await host.untilJobs('applied', 2);
    expect((await host.states()).pending).toBeLessThanOrEqual(300);
  }, 30_000);

  it('costs no exchange when it repeats a token that Meveto has rejected', async () => {
    host = await world.start();
    await callFrom(MEVETO, 'forged');
    await host.untilJobs('rejected', 1);
    const answers = await Promise.all(Array.from({ length: 50 }, () => callFrom(MEVETO, 'forged')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(world.proxy.count(EXCHANGE)).toBe(1);
  });

  it('does not open the breaker, because a rejected token is an answer', async () => {
    host = await world.start({ users });
    for (let sent = 0; sent < 20; sent += 1) await callFrom('127.0.0.9', `forged-${String(sent)}`);
    await host.untilJobs('rejected', 20);
    await callFrom(MEVETO, world.meveto.issueUserToken('m-1'));
    await host.untilJobs('applied', 1, 1_000);
  });
});

describe(`an outage of Meveto on ${databaseKind}`, () => {
  it('causes only probes, and all jobs are applied soon after its end', async () => {
    const world = await World.create();
    try {
      const users = Array.from({ length: 30 }, (_, index) => ({
        id: index + 1,
        mevetoId: `m-${String(index + 1)}`,
      }));
      const host = await world.start({ users });
      world.proxy.fault = () => ({ status: 500, body: '{}' });
      for (const { mevetoId } of users) await host.webhook(world.meveto.issueUserToken(mevetoId));
      await letTimePass(1_200);
      const during = world.proxy.count(EXCHANGE);
      await staysTrue('one attempt at most', 1_000, () => world.proxy.count(EXCHANGE) - during <= 1);
      const pollsBefore = world.proxy.count('/api/client/webhooks/pending');
      world.proxy.fault = () => 'pass';
      await host.untilJobs('applied', users.length, 12_000);
      await until(
        'another poll of the list of pending webhooks',
        () => world.proxy.count('/api/client/webhooks/pending') > pollsBefore,
      );
    } finally {
      await world.end();
    }
  }, 30_000);
});
