import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SilentProxy } from '../../support/network/silent-proxy.js';
import { postWebhook } from '../world/post-webhook.js';
import { POSTGRES, ReplicaWorld } from './replica-world.js';
import { letTimePass, until } from '../../support/until.js';

const SILENT_MS = 30_000;
/** The module's own limit is 2.5 s. */
const ANSWERS_WITHIN_MS = 4_000;
/** `maxStalenessMs`, plus time to notice. */
const KNOWS_TOO_LITTLE_AFTER_MS = 11_500;

describe('three replicas, two of which silently lose their network to PostgreSQL for 30 s', () => {
  let world: ReplicaWorld;
  let network: SilentProxy;
  beforeEach(async () => {
    world = await ReplicaWorld.create();
    network = await SilentProxy.start(POSTGRES);
  });
  afterEach(async () => {
    await world.end();
    await network.stop();
  });

  const guardSays = async (url: string): Promise<number> => {
    const headers = { 'x-session': `no-such-user.${String(Date.now())}` };
    return (await fetch(`${url}/api`, { headers })).status;
  };

  /** Posts webhooks until the time is over. Resolves with the status and duration of each answer. */
  const probe = async (url: string, untilAt: number): Promise<{ status: number; tookMs: number }[]> => {
    const answers = [];
    while (performance.now() < untilAt) {
      const startedAt = performance.now();
      const status = await postWebhook(url, world.meveto.happen('m-1'));
      answers.push({ status, tookMs: performance.now() - startedAt });
      await letTimePass(200);
    }
    return answers;
  };

  it('answer in time, refuse sessions while the logout state is unknown, and catch up', async () => {
    await world.start(1);
    const cutOff = await world.start(2, {}, { database: (address) => network.instead(address) });
    world.startPressing(20);
    await letTimePass(1_000);
    expect(await Promise.all(cutOff.map(guardSays))).toEqual([200, 200]);

    network.fallSilent();
    const healsAt = performance.now() + SILENT_MS;
    const acknowledgedBefore = world.acknowledgedCount;
    const probing = Promise.all(cutOff.map((url) => probe(url, healsAt)));
    await letTimePass(KNOWS_TOO_LITTLE_AFTER_MS);
    expect(await Promise.all(cutOff.map(guardSays))).toEqual([503, 503]);
    const answers = (await probing).flat();
    for (const { status, tookMs } of answers) {
      expect([200, 202, 204, 503]).toContain(status);
      expect(tookMs).toBeLessThan(ANSWERS_WITHIN_MS);
    }
    expect(answers.filter(({ status }) => status === 503).length).toBeGreaterThan(5);
    // The replica that was not cut off has accepted and processed all webhooks meanwhile.
    expect(world.acknowledgedCount - acknowledgedBefore).toBeGreaterThan(100);
    expect(await Promise.all(cutOff.map(guardSays))).toEqual([503, 503]);

    network.heal();
    for (const url of cutOff) {
      await until(
        'webhooks are accepted',
        async () => (await postWebhook(url, world.meveto.happen('m-2'))) < 300,
        15_000,
      );
      await until('the guard knows again', async () => (await guardSays(url)) === 200, 20_000);
    }
    expect(await world.faults()).toEqual([]);
  }, 300_000);
});
