import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PrivateCluster } from './private-cluster.js';
import { ReplicaWorld } from './replica-world.js';
import { letTimePass } from '../../support/until.js';

const REPLICAS = 3;
const STOPS = 20;

describe(`${String(REPLICAS)} replicas whose PostgreSQL is stopped ${String(STOPS)} times as if its power failed`, () => {
  let cluster: PrivateCluster;
  let world: ReplicaWorld;
  beforeEach(async () => {
    cluster = await PrivateCluster.create();
    world = await ReplicaWorld.create(cluster.url);
  }, 60_000);
  afterEach(async () => {
    await world.end();
    await cluster.remove();
  });

  it('lose no acknowledged webhook, and keep their processes running', async () => {
    await world.start(REPLICAS);
    world.startPressing(40);
    for (let stop = 0; stop < STOPS; stop += 1) {
      await letTimePass(500 + Math.random() * 1_000);
      await cluster.stopImmediately();
      await letTimePass(Math.random() * 500);
      await cluster.start();
    }
    expect(await world.faults()).toEqual([]);
    expect(world.acknowledgedCount).toBe(world.meveto.events.length);
    expect(world.hosts.every(({ isRunning }) => isRunning)).toBe(true);
  }, 360_000);
});
