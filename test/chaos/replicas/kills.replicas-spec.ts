import { describe, expect, it } from '@jest/globals';
import { Storm } from '../random/storm.js';
import { sayWrongHistory } from '../world/wrong-history.js';
import { POSTGRES } from './replica-world.js';

const REPLICAS = 4;
const KILLS = 24;
const SEED = 20_261_124;

describe(`${String(REPLICAS)} replicas, killed at random ${String(KILLS)} times (seed ${String(SEED)})`, () => {
  it('leave a history in which nothing went missing and nothing happened twice', async () => {
    const { violations, acknowledged } = await Storm.run({
      kills: KILLS,
      seed: SEED,
      replicas: REPLICAS,
      callsPerSecond: 20,
      acknowledge: 'on-receipt',
      tokenStorage: 'sealed',
      serverUrl: POSTGRES,
      progress: () => undefined,
    });
    if (violations.length > 0) sayWrongHistory();
    expect(violations).toEqual([]);
    expect(acknowledged).toBeGreaterThan(100);
  }, 400_000);
});
