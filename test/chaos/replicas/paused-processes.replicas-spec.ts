import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LEASE_MS, ReplicaWorld } from './replica-world.js';
import { letTimePass } from '../../support/until.js';

const REPLICAS = 3;
const PAUSES = 12;

describe(`${String(REPLICAS)} replicas that are paused one after the other for two leases`, () => {
  let world: ReplicaWorld;
  beforeEach(async () => {
    world = await ReplicaWorld.create();
  });
  afterEach(() => world.end());

  it('lose nothing, apply nothing twice, and never exchange one token at the same time', async () => {
    await world.start(REPLICAS);
    world.startPressing(40);
    await letTimePass(1_000);
    for (let turn = 0; turn < PAUSES; turn += 1) {
      await world.pause(turn % REPLICAS, 2 * LEASE_MS);
      await letTimePass(300);
    }
    expect(await world.faults()).toEqual([]);
    expect(world.acknowledgedCount).toBe(world.meveto.events.length);
    expect(world.acknowledgedCount).toBeGreaterThan(500);
  }, 300_000);
});
