import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fuzzedCall } from './support/fuzzed-calls.js';
import { KeptConnection } from './support/kept-connection.js';
import { World } from './support/world.js';

/** `FUZZ_BODIES=100000 npm test -- test/webhook-fuzz`, or `npm run fuzz -- --bodies 100000`. */
const BODIES = Number(process.env['FUZZ_BODIES'] ?? 2_000);
const SEED = process.env['FUZZ_SEED'] === undefined ? undefined : Number(process.env['FUZZ_SEED']);
const CONNECTIONS = 8;
const MAX_GROWTH_MIB = 64;

describe.each(['express', 'fastify'] as const)('whatever is sent to the webhook on %s', (adapter) => {
  it(
    `is answered 202 or 4xx by a process that goes on and does not grow (${String(BODIES)} bodies)`,
    async () => {
      const world = await World.create();
      try {
        const host = await world.start({ adapter, options: { maxWaitingPerLane: 1_000_000 } });
        const connections = Array.from(
          { length: CONNECTIONS },
          () => new KeptConnection(`${host.url}/meveto/webhook`),
        );
        const seed = SEED ?? Date.now() % 2 ** 31;
        const statuses = new Map<number, number>();
        const heaps: number[] = [];
        const calls = fc.sample(fuzzedCall, { numRuns: Math.min(BODIES, 20_000), seed });
        for (let sent = 0; sent < BODIES; sent += CONNECTIONS) {
          await Promise.all(
            connections.map(async (connection, index) => {
              const call = calls[(sent + index) % calls.length];
              if (call === undefined) throw new Error('no call');
              const { status } = await connection.post(call.body, call.headers);
              statuses.set(status, (statuses.get(status) ?? 0) + 1);
              if (status !== 202 && (status < 400 || status > 499)) {
                throw new Error(
                  `${String(status)}, seed ${String(seed)}: ${call.headers.join()} ${call.body.toString('base64')}`,
                );
              }
            }),
          );
          if (sent % (CONNECTIONS * 100) === 0) heaps.push(process.memoryUsage().heapUsed / 1_048_576);
        }
        for (const connection of connections) connection.close();
        expect((await host.webhook('the-last-one')).status).toBe(202);
        // Every kind of answer was reached, or this proves little.
        expect([...statuses.keys()].sort()).toEqual([202, 400, 413, 415]);
        expect(growthMiB(heaps)).toBeLessThan(MAX_GROWTH_MIB);
        if (BODIES > 2_000) console.log(report(adapter, seed, statuses, heaps));
      } finally {
        await world.end();
      }
    },
    60_000 + BODIES * 20,
  );
});

/** How much the low points of the second half are above those of the first: what a collection leaves behind. */
function growthMiB(heaps: readonly number[]): number {
  const half = Math.floor(heaps.length / 2);
  if (half < 2) return 0;
  return Math.min(...heaps.slice(half)) - Math.min(...heaps.slice(1, half));
}

function report(
  adapter: string,
  seed: number,
  statuses: Map<number, number>,
  heaps: readonly number[],
): string {
  const counts = [...statuses].map(([status, count]) => `${String(status)} × ${String(count)}`).join(', ');
  return `${adapter}, seed ${String(seed)}: ${counts}; heap grew ${growthMiB(heaps).toFixed(0)} MiB`;
}
