import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ReplicaWorld } from './replica-world.js';

const COUNT = 20;

describe(`${String(COUNT)} replicas that start at once on an empty PostgreSQL`, () => {
  let world: ReplicaWorld;
  beforeEach(async () => {
    world = await ReplicaWorld.create();
  });
  afterEach(() => world.end());

  it('all start with migrationsRun alone, and accept and process webhooks', async () => {
    const urls = await world.start(COUNT, { poolSize: 2 });
    expect(new Set(urls).size).toBe(COUNT);
    for (let index = 0; index < COUNT; index += 1) world.press(`m-${String(index + 1)}`);
    expect(await world.faults()).toEqual([]);
    expect(world.acknowledgedCount).toBe(COUNT);
    const tables = await world.database.query(
      "SELECT tablename FROM pg_tables WHERE tablename LIKE 'meveto_logout_%' ORDER BY tablename",
    );
    expect(tables.map(({ tablename }) => tablename)).toEqual([
      'meveto_logout_jobs',
      'meveto_logout_keys',
      'meveto_logout_leases',
      'meveto_logout_logouts',
      'meveto_logout_senders',
    ]);
  }, 300_000);
});
