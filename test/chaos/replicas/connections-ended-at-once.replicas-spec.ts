import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FarewellProxy } from '../../support/network/farewell-proxy.js';
import { until } from '../../support/until.js';
import { POSTGRES, ReplicaWorld } from './replica-world.js';

const TIMES = 30;

describe(`a replica whose next ${String(TIMES)} connections PostgreSQL ends as soon as they are made`, () => {
  let world: ReplicaWorld;
  let server: FarewellProxy;
  beforeEach(async () => {
    world = await ReplicaWorld.create();
    server = await FarewellProxy.start(POSTGRES);
  });
  afterEach(async () => {
    await world.end();
    await server.stop();
  });

  it('continues, and loses nothing', async () => {
    await world.start(1, {}, { database: (address) => server.instead(address) });
    world.startPressing(10);
    server.sayFarewell(TIMES);
    await until('all of them have been ended', () => server.left === 0, 60_000);
    expect(await world.faults()).toEqual([]);
    expect(world.hosts.every(({ isRunning }) => isRunning)).toBe(true);
  }, 300_000);
});
