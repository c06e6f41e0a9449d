import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ReplicaWorld } from './replica-world.js';
import { letTimePass } from '../../support/until.js';

const REPLICAS = 3;
const TERMINATIONS = 200;
const TERMINATE_ONE = `SELECT pg_terminate_backend(pid) AS done FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
  ORDER BY (state <> 'idle') DESC, random() LIMIT 1`;

describe(`${String(REPLICAS)} replicas whose connections PostgreSQL terminates ${String(TERMINATIONS)} times`, () => {
  let world: ReplicaWorld;
  beforeEach(async () => {
    world = await ReplicaWorld.create();
  });
  afterEach(() => world.end());

  it('lose nothing and keep their processes running', async () => {
    await world.start(REPLICAS);
    world.startPressing(40);
    await letTimePass(1_000);
    for (let terminated = 0; terminated < TERMINATIONS;) {
      const [row] = await world.database.query(TERMINATE_ONE);
      if (row?.['done'] === true) terminated += 1;
      await letTimePass(60);
    }
    expect(await world.faults()).toEqual([]);
    expect(world.acknowledgedCount).toBe(world.meveto.events.length);
    expect(world.hosts.every(({ isRunning }) => isRunning)).toBe(true);
  }, 300_000);
});
