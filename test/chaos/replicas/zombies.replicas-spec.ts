import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { LEASE_MS, ReplicaWorld } from './replica-world.js';

const REPLICAS = 3;
const PAUSES = 12;

describe(`${String(REPLICAS)} replicas, of which one after the other stands still for two leases`, () => {
  let world: ReplicaWorld;
  beforeEach(async () => {
    world = await ReplicaWorld.create();
  });
  afterEach(() => world.end());

  it('lose nothing, apply nothing twice, and ask about no token while another does', async () => {
    await world.start(REPLICAS);
    world.startPressing(40);
    await delay(1_000);
    for (let turn = 0; turn < PAUSES; turn += 1) {
      await world.pause(turn % REPLICAS, 2 * LEASE_MS);
      await delay(300);
    }
    expect(await world.faults()).toEqual([]);
    expect(world.acknowledgedCount).toBe(world.meveto.events.length);
    expect(world.acknowledgedCount).toBeGreaterThan(500);
  }, 300_000);
});
