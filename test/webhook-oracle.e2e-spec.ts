import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KeptConnection } from './support/kept-connection.js';
import { type HostClient, World } from './support/world.js';

const ROUNDS = 250;
/** By what factor the medians may differ: of one or two milliseconds noise alone makes it 1.7 at times. */
const ALIKE = 2;

describe.each(['express', 'fastify'] as const)('an answer of the webhook on %s', (adapter) => {
  let world: World;
  let host: HostClient;
  beforeAll(async () => {
    world = await World.create();
    host = await world.start({ adapter });
  });
  afterAll(() => world.end());

  it('does not tell good, bad, repeated and unknown tokens apart, in content or in time', async () => {
    const goodOnce = world.meveto.issueUserToken('m-1');
    await host.webhook('known-to-be-bad');
    await host.webhook(goodOnce);
    await host.untilCalls('rejected');
    await host.untilCalls('applied');
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
      // Alternately and in any order, so that what the machine does meanwhile, and what a call leaves to do, strikes all.
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
    const medians = Object.values(took).map(median);
    expect(Math.max(...medians) / Math.min(...medians)).toBeLessThan(ALIKE);
  }, 60_000);
});

const post = (connection: KeptConnection, user_token: string) =>
  connection.post(JSON.stringify({ type: 'User_Logged_Out', user_token }), [
    'Content-Type: application/json',
  ]);

const contentOf = ({ status, headers, body }: { status: number; headers: string; body: string }): string =>
  JSON.stringify([status, headers, body]);

const at = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(share * values.length)] ?? Infinity;
const median = (values: readonly number[]): number => at(values, 0.5);
