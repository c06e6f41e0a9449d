import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SilentProxy } from '../../support/network/silent-proxy.js';
import { ReplicaWorld } from './replica-world.js';
import { letTimePass } from '../../support/until.js';

const REPLICAS = 3;
const SILENT_MS = 30_000;
const ACKNOWLEDGED_WITHIN_MS = 2_000;

describe(`${String(REPLICAS)} replicas that silently lose their network to Meveto for 30 s`, () => {
  let world: ReplicaWorld;
  const networks: SilentProxy[] = [];
  beforeEach(async () => {
    world = await ReplicaWorld.create();
  });
  afterEach(async () => {
    await world.end();
    await Promise.all(networks.splice(0).map((network) => network.stop()));
  });

  it('acknowledge webhooks at once all the time, and apply all of them afterwards', async () => {
    const meveto = async (address: string): Promise<string> => {
      const network = await SilentProxy.start(address);
      networks.push(network);
      return network.instead(address);
    };
    await world.start(REPLICAS, {}, { meveto });
    world.startPressing(20);
    await letTimePass(1_000);
    for (const network of networks) network.fallSilent();
    const silentFrom = Date.now();
    await letTimePass(SILENT_MS);
    const pressed = world.meveto.events.filter(({ createdAt }) => createdAt >= silentFrom);
    const late = pressed.filter(
      ({ createdAt, acknowledgedAt }) =>
        createdAt < Date.now() - ACKNOWLEDGED_WITHIN_MS &&
        (acknowledgedAt ?? Infinity) - createdAt > ACKNOWLEDGED_WITHIN_MS,
    );
    expect(pressed.length).toBeGreaterThan(300);
    expect(late).toEqual([]);
    // Requests from before the failure may still be answered; no later request reaches Meveto.
    const { exchanges } = world.meveto;
    expect(exchanges.filter(({ beganAt }) => beganAt > silentFrom + 1_000)).toEqual([]);
    expect(await world.count('pending')).toBeGreaterThan(300);

    for (const network of networks) network.heal();
    expect(await world.faults()).toEqual([]);
    expect(world.acknowledgedCount).toBe(world.meveto.events.length);
  }, 300_000);
});
