import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { STORE, type Store } from '../../libs/meveto-logout/src/store/store.port.js';
import { KeptConnection } from '../support/network/kept-connection.js';
import { letTimePass } from '../support/until.js';
import { type HostClient, World } from '../support/world.js';

const ROUNDS = 40;
/** Added to each commit, so that the noise of the machine is small beside it. */
const COMMIT_MS = 20;
/** Allowed difference of the medians. An answer that skips the store, or waits for one more commit, differs by a commit. */
const ALIKE_MS = COMMIT_MS / 2;

describe.each(['express', 'fastify'] as const)('an answer of the webhook on %s', (adapter) => {
  let world: World;
  let host: HostClient;
  beforeAll(async () => {
    world = await World.create();
    host = await world.start({ adapter });
    const { inbox } = host.app.get<Store>(STORE);
    const receive = inbox.receive.bind(inbox);
    inbox.receive = async (jobs) => {
      await letTimePass(COMMIT_MS);
      return receive(jobs);
    };
  });
  afterAll(() => world.end());

  it('has the same content for all tokens, and the same timing for good and bad ones, new or repeated', async () => {
    const goodOnce = world.meveto.issueUserToken('m-1');
    await host.webhook('known-to-be-bad');
    await host.webhook(goodOnce);
    await host.untilJobs('rejected');
    await host.untilJobs('applied');
    const connection = new KeptConnection(`${host.url}/meveto/webhook`);
    const kinds = {
      good: () => world.meveto.issueUserToken('m-1'),
      unknown: () => world.meveto.issueUserToken('m-nobody'),
      bad: (round: number) => `bad-token-${String(round)}`,
      goodAgain: () => goodOnce,
      badAgain: () => 'known-to-be-bad',
    };
    const took: Record<keyof typeof kinds, number[]> = {
      good: [],
      unknown: [],
      bad: [],
      goodAgain: [],
      badAgain: [],
    };
    const answers = new Set<string>();
    for (let round = 0; round < ROUNDS; round += 1) {
      // In random order, so that other work of the machine and of earlier jobs affects all kinds equally.
      const order = Object.entries(kinds).map((each) => ({ each, by: Math.random() }));
      order.sort((a, b) => a.by - b.by);
      for (const [kind, token] of order.map(({ each }) => each)) {
        const answer = await post(connection, token(round));
        took[kind as keyof typeof kinds].push(answer.tookMs);
        answers.add(contentOf(answer));
      }
    }
    connection.close();
    expect([...answers]).toHaveLength(1);
    // A repeated token writes nothing, so that its own commit may take less time.
    for (const alike of [
      [took.good, took.unknown, took.bad],
      [took.goodAgain, took.badAgain],
    ]) {
      const medians = alike.map(median);
      expect(Math.min(...medians)).toBeGreaterThanOrEqual(COMMIT_MS - 1);
      expect(Math.max(...medians) - Math.min(...medians)).toBeLessThan(ALIKE_MS);
    }
  }, 60_000);
});

const post = (connection: KeptConnection, user_token: string) =>
  connection.post(JSON.stringify({ type: 'User_Logged_Out', user_token }), [
    'Content-Type: application/json',
  ]);

const contentOf = ({ status, headers, body }: { status: number; headers: string; body: string }): string =>
  JSON.stringify([status, headers, body]);

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Infinity;
