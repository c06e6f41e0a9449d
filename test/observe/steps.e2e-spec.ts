import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { MevetoLogoutService, StepDurations } from 'nestjs-meveto-logout';
import { databaseKind } from '../support/database.js';
import { LiveSocket } from '../support/live/live-socket.js';
import { until } from '../support/until.js';
import { World } from '../support/world.js';

/** Counts of the measured steps, by step and label. */
const countsOf = (service: MevetoLogoutService) =>
  Object.fromEntries(
    service
      .processStatus()
      .steps.map(({ step, state, source, count }) => [[step, state ?? source ?? ''].join(' ').trim(), count]),
  );

describe(`the steps of one logout, on ${databaseKind}`, () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(() => world.end());

  it('are measured in the process that carries it out, and in one that learns of it', async () => {
    const [worker, other] = [await world.start(), await world.start()];
    const live = new LiveSocket(other.url, { token: await other.token() });
    await live.next('connect');
    const before = Date.now();
    expect((await worker.webhook(world.meveto.issueUserToken('m-1'))).status).toBe(202);
    await worker.untilJobs('applied');
    await live.next('logged-out');
    const all = [worker.service, other.service];
    const own = all.findIndex((service) => 'committed applied' in countsOf(service));
    await until('both know the logout', () => all.every((service) => keysOf(service).includes('known')));
    live.close();

    const merged = all.flatMap((service) => service.processStatus().steps);
    expect(countsOf(worker.service)).toMatchObject({ acknowledged: 1 });
    expect(merged.map(({ step }) => step).sort()).toEqual([
      'acknowledged',
      'committed',
      'connections_notified',
      'exchanged',
      'known',
      'known',
    ]);
    expect(countsOf(all[own] ?? worker.service)).toMatchObject({
      'committed applied': 1,
      'exchanged applied': 1,
      'known own-commit': 1,
    });
    expect(countsOf(all[1 - own] ?? worker.service)).toMatchObject({ 'known store': 1 });
    const wholeMs = Date.now() - before;
    for (const { sumMs } of merged) {
      expect(sumMs).toBeGreaterThanOrEqual(0);
      expect(sumMs).toBeLessThan(wholeMs + 1);
    }
    const [exchanged, committed] = ['exchanged', 'committed'].map((step) => sumOf(merged, step));
    expect(exchanged).toBeLessThan(committed ?? 0);
  });
});

const keysOf = (service: MevetoLogoutService): string => Object.keys(countsOf(service)).join();
const sumOf = (steps: readonly StepDurations[], step: string): number | undefined =>
  steps.find((each) => each.step === step)?.sumMs;
