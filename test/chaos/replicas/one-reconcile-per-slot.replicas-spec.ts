import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ReplicaWorld } from './replica-world.js';
import { letTimePass } from '../../support/until.js';

const REPLICAS = 4;
const SLOTS = 5;
const SLOT_MS = 4_000;

describe(`the list of pending webhooks, read by ${String(REPLICAS)} replicas on one schedule`, () => {
  let world: ReplicaWorld;
  beforeEach(async () => {
    world = await ReplicaWorld.create();
  });
  afterEach(() => world.end());

  /** Waits until the middle of the slot with this number: between two scheduled reads, when no replica reads. */
  const untilMiddleOf = (slot: number): Promise<void> => letTimePass((slot + 0.5) * SLOT_MS - Date.now());

  it('is read once per slot, seen from Meveto', async () => {
    await world.start(REPLICAS, {
      options: { reconcile: { cron: `*/${String(SLOT_MS / 1_000)} * * * * *` } },
    });
    // At its start each replica reads once, whatever the schedule. A replica that finds another one reading retries 8 s
    // later at most.
    const first = Math.floor(Date.now() / SLOT_MS) + 5;
    await untilMiddleOf(first);
    const reads: number[] = [];
    for (let slot = first + 1; slot <= first + SLOTS; slot += 1) {
      const before = world.meveto.pollCount;
      await untilMiddleOf(slot);
      reads.push(world.meveto.pollCount - before);
    }
    expect(reads).toEqual(Array.from({ length: SLOTS }, () => 1));
  }, 120_000);
});
