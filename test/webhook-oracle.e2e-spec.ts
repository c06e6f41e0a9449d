import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KeptConnection } from './support/kept-connection.js';
import { type HostClient, World } from './support/world.js';

const ROUNDS = 120;
/** A database's answer varies by more than this from one moment to the next. */
const NOISE_MS = 5;

describe.each(['express', 'fastify'] as const)('an answer of the webhook on %s', (adapter) => {
  let world: World;
  let host: HostClient;
  beforeAll(async () => {
    world = await World.create();
    host = await world.start({ adapter });
  });
  afterAll(() => world.end());

  it('does not tell good, bad, repeated and unknown tokens apart, in content or in time', async () => {
    await host.webhook('known-to-be-bad');
    await host.webhook('repeated');
    await host.untilCalls('rejected', 2);
    const connection = new KeptConnection(`${host.url}/meveto/webhook`);
    const kinds = {
      good: () => world.meveto.issueUserToken('m-1'),
      unknown: () => world.meveto.issueUserToken('m-nobody'),
      bad: (round: number) => `bad-token-${String(round)}`,
    };
    const took: Record<keyof typeof kinds, number[]> = { good: [], unknown: [], bad: [] };
    const answers = new Set<string>();
    for (let round = 0; round < ROUNDS; round += 1) {
      // Alternately, so that what the machine does meanwhile strikes all of them.
      for (const [kind, token] of Object.entries(kinds)) {
        const answer = await post(connection, token(round));
        took[kind as keyof typeof kinds].push(answer.tookMs);
        answers.add(contentOf(answer));
      }
    }
    for (const token of ['known-to-be-bad', 'repeated'])
      answers.add(contentOf(await post(connection, token)));
    connection.close();
    expect([...answers]).toHaveLength(1);
    const medians = Object.values(took).map(median);
    expect(Math.max(...medians) - Math.min(...medians)).toBeLessThan(NOISE_MS + spread(took.bad));
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
/** Half of all answers are within this. */
const spread = (values: readonly number[]): number => at(values, 0.75) - at(values, 0.25);
