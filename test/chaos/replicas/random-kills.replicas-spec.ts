import { describe, expect, it } from '@jest/globals';
import { KillRun } from '../random/kill-run.js';
import { wrongHistory } from '../world/wrong-history.js';
import { POSTGRES } from './replica-world.js';

const REPLICAS = 4;
const KILLS = 24;
const SEED = 20_261_124;

describe(`${String(REPLICAS)} replicas, killed at random ${String(KILLS)} times (seed ${String(SEED)})`, () => {
  it('leave a history in which nothing was lost and nothing happened twice', async () => {
    const { violations, acknowledged } = await KillRun.run({
      kills: KILLS,
      seed: SEED,
      replicas: REPLICAS,
      webhooksPerSecond: 20,
      acknowledge: 'on-receipt',
      tokenStorage: 'sealed',
      serverUrl: POSTGRES,
      executor: 'typeorm',
      progress: () => undefined,
    });
    expect(violations.map(({ rule, about }) => wrongHistory(`${rule}: ${about}`))).toEqual([]);
    expect(acknowledged).toBeGreaterThan(100);
  }, 400_000);
});
